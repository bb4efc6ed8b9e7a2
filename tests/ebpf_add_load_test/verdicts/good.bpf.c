#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

const volatile int rounds = 10;
int sum;

/* libbpf takes the value from the file of the kernel's configuration. The machine has that file. */
extern int CONFIG_HZ __kconfig;

/* The verifier follows every round. */
SEC("tracepoint/sched/sched_switch")
int counts_rounds(void* context) {
  for (int i = 0; i < 2000; i++) {
    if (i >= rounds)
      break;
    sum += i;
  }
  sum += CONFIG_HZ;
  return 0;
}

SEC("fentry/do_nanosleep")
int BPF_PROG(entry_of_function) {
  sum++;
  return 0;
}

SEC("?xdp")
int newest(struct xdp_md* context) {
  return XDP_PASS;
}
