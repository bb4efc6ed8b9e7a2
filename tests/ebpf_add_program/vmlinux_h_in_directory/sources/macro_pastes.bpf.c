#define RECORD(name) struct name##_struct
#include <bpf/vmlinux.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sched_switch")
int read_pid(void* context) {
  RECORD(task)* task = (void*)bpf_get_current_task();
  int pid = 0;
  bpf_probe_read_kernel(&pid, sizeof(pid), &task->pid);
  return pid;
}

char LICENSE[] SEC("license") = "GPL";
