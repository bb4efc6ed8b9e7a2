// A function with so many branches that a picture with all its edges would help nobody: each may
// lead to the end.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define BRANCH(n)                                  \
  if ((value ^ ((n)*7919)) & (1 << ((n) % 20)))    \
    sum = sum * ((n) + 3) + (value >> ((n) % 30)); \
  else if (sum > (n)*31)                           \
    return n;
#define FOUR_BRANCHES(n) BRANCH(n) BRANCH((n) + 1) BRANCH((n) + 2) BRANCH((n) + 3)
#define MANY_BRANCHES(n) \
  FOUR_BRANCHES(n) FOUR_BRANCHES((n) + 4) FOUR_BRANCHES((n) + 8) FOUR_BRANCHES((n) + 12)

SEC("raw_tp/sched_switch")
int branches(struct bpf_raw_tracepoint_args* context) {
  __u64 value = context->args[0];
  __u64 sum = 0;
  MANY_BRANCHES(1)
  MANY_BRANCHES(17)
  MANY_BRANCHES(33)
  MANY_BRANCHES(49)
  return sum;
}

char LICENSE[] SEC("license") = "GPL";
