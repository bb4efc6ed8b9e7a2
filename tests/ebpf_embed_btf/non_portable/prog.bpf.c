#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

int parent_process_id;
u64 start_time;

SEC("raw_tp")
int read_task(void* context) {
  struct task_struct* task = (void*)bpf_get_current_task();
  parent_process_id = BPF_CORE_READ(task, real_parent, tgid);
  start_time = BPF_CORE_READ(task, group_leader, start_boottime);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
