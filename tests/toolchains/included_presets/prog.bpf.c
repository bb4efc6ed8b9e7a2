#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

int last_process = 0;

SEC("raw_tp/sched_process_exit")
int count(void* context) {
  struct task_struct* task = (void*)bpf_get_current_task();
  last_process = BPF_CORE_READ(task, tgid);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
