#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int out;
static const char name[] = "abc";
static const int table[4] = {1, 2, 3, 9};

SEC("tc")
int choose(struct __sk_buff* packet) {
  out = name[packet->len & 3] + table[packet->mark & 3];
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
