/* A kernel function that no kernel has. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

extern int bpf_no_such_function(void) __ksym;

SEC("tc")
int kernel_symbol(struct __sk_buff* packet) {
  return bpf_no_such_function();
}
