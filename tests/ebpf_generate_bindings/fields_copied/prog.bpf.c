#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sched_process_exec")
int on_exec(void* context) {
  struct task_struct task;
  bpf_probe_read_kernel(&task, sizeof(task), (void*)bpf_get_current_task());
  return task.tgid;
}

char LICENSE[] SEC("license") = "GPL";
