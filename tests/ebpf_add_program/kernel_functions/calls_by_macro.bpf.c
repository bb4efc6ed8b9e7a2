#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

// Only the preprocessor tells these names.
#define TASK(verb) task_##verb

int last_pid;

SEC("tp_btf/sched_switch")
int on_switch(void* context) {
  struct task* task = TASK(of_pid)(1, OWNER_KERNEL);
  if (task) {
    last_pid = task->pid;
    TASK(release)(task);
  }
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
