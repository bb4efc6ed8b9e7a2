#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct total {
  u64 calls;
};

const volatile int wanted_process = 0;
int limit = 1000;
struct total total;

// Counts the system calls of one process.
SEC("raw_tp/sys_enter")
int on_system_call(void* context) {
  struct task_struct* task = (struct task_struct*)bpf_get_current_task();
  if (BPF_CORE_READ(task, tgid) == wanted_process && total.calls < (u64)limit)
    __sync_fetch_and_add(&total.calls, 1);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
