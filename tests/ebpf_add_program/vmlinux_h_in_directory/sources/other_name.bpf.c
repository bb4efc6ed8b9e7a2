#include <types/kernel.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sched_switch")
int read_pid(void* context) {
  struct task_struct* task = (void*)bpf_get_current_task();
  int pid = 0;
  bpf_probe_read_kernel(&pid, sizeof(pid), &task->pid);
  return pid;
}

char LICENSE[] SEC("license") = "GPL";
