#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "kernel_functions.h"

SEC("tp_btf/sched_switch")
int on_switch(void* context) {
  void* task = task_of_pid(1);
  if (task)
    task_release(task);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
