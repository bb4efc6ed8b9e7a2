// A scheduler with one queue for all tasks, which counts.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

// The members of the kernel's structure that this scheduler has. libbpf finds them by their names,
// so the project also builds on machines whose kernel has no sched_ext.
struct sched_ext_ops {
  void (*running)(struct task_struct* task);
  void (*stopping)(struct task_struct* task, bool is_runnable);
  char name[128];
};

__u64 begun;      // how often a task began to run
__u64 preempted;  // how often a task stopped although it could have gone on

SEC("struct_ops/running")
void BPF_PROG(on_running, struct task_struct* task) {
  __atomic_fetch_add(&begun, 1, __ATOMIC_RELAXED);
}

SEC("struct_ops/stopping")
void BPF_PROG(on_stopping, struct task_struct* task, bool is_runnable) {
  if (is_runnable)
    __atomic_fetch_add(&preempted, 1, __ATOMIC_RELAXED);
}

SEC(".struct_ops")
struct sched_ext_ops scheduler = {
    .running = (void*)on_running,
    .stopping = (void*)on_stopping,
    .name = "THE_NAME",
};
