/* The verifier follows each round of the loop, until it gives up. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tc")
int too_many_instructions(struct __sk_buff* packet) {
  int sum = 0;
  for (int i = 0; i < 1000000; i++)
    asm volatile("%0 += %1" : "+r"(sum) : "r"(i));
  return sum;
}
