#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

// The assembler knows no macro: the source needs the value.
#define NAME(x) #x
#define VALUE_OF(x) NAME(x)
#define VERDICT TC_ACT_SHOT

SEC("tc")
int shoot(struct __sk_buff* skb) {
  int verdict;
  asm volatile("%0 = " VALUE_OF(VERDICT) "\n"
               "%0 += " VALUE_OF(ETH_ALEN)
               : "=r"(verdict));
  return verdict;
}

char LICENSE[] SEC("license") = "GPL";
