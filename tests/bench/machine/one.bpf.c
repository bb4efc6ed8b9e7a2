#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

int sum;

SEC("raw_tp/sched_switch")
int program(void* context) {
  struct task_struct* task = (void*)bpf_get_current_task();

  sum += BPF_CORE_READ(task, real_parent, tgid);
  return 0;
}
