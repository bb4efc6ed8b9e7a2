#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "limit.h"

char LICENSE[] SEC("license") = "GPL";
unsigned int seen;

void count(void);

SEC("raw_tp/sched_switch")
int BPF_PROG(switched, bool preempt, struct task_struct* before) {
  if (BPF_CORE_READ_BITFIELD_PROBED(before, sched_reset_on_fork) && seen < limit + ETH_P_IP)
    count();
  return 0;
}
