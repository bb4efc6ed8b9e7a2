#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

// A member of struct task_struct has the kernel's type.
struct list_head {
  int own;
};

struct list_head last;

SEC("raw_tp/sys_enter")
int remember(void* context) {
  struct task_struct* task = (void*)bpf_get_current_task();
  last.own = BPF_CORE_READ(task, tgid);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
