#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

int pid;

SEC("raw_tp/sched_process_exec")
int on_exec(void* context) {
  const struct task* task = (struct task*)bpf_get_current_task();
  bpf_probe_read_kernel(&pid, sizeof(pid), &task->pid);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
