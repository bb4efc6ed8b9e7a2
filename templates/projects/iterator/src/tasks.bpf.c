// Writes a record for each task of the system.
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct task {
  __u32 process;
  __u32 thread;
  char command[16];  // the name of the process's first thread
};
// Keeps the type in the object, so that the application gets it.
const struct task* unused_task __attribute__((unused));

SEC("iter/task")
int write_task(struct bpf_iter__task* context) {
  struct task_struct* kernel_task = context->task;
  // The last call has no task.
  if (!kernel_task)
    return 0;
  struct task task = {};
  task.process = kernel_task->tgid;
  task.thread = kernel_task->pid;
  BPF_CORE_READ_STR_INTO(&task.command, kernel_task, group_leader, comm);
  bpf_seq_write(context->meta->seq, &task, sizeof(task));
  return 0;
}
