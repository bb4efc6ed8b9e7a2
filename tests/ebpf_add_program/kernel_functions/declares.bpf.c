#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

// Not the kernel's parameters: the header must not declare these functions as well.
extern void* task_of_pid(__u64 pid) __ksym;

SEC("tp_btf/sched_switch")
int on_switch(void* context) {
  extern int task_release(void* task) __weak __ksym;
  void* task = task_of_pid(1);
  if (task)
    task_release(task);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
