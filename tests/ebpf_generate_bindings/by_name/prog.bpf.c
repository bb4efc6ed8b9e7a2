#include "kernel.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

int last;

SEC("raw_tp/sched_process_exec")
int on_exec(void* context) {
  struct task_struct* task = (struct task_struct*)bpf_get_current_task();
  last = BPF_CORE_READ(task, tgid);
  return 0;
}

SEC("xdp")
int on_packet(struct xdp_md* context) {
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
