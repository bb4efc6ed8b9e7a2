#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

bool is_seen = false;
int last_pid;

SEC("raw_tp/sched_switch")
int remember_pid(void* context) {
  struct task_struct* task = (void*)bpf_get_current_task();
  is_seen = true;
  last_pid = BPF_CORE_READ(task, pid);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
