#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

int value;

SEC("raw_tp")
int read_value(void* context) {
  const struct task_struct* task = (void*)bpf_get_current_task();
  bpf_probe_read_kernel(&value, sizeof(value), &task->tgid);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
