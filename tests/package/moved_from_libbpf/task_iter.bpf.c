#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "task_iter.h"

char LICENSE[] SEC("license") = "GPL";

SEC("iter/task")
int get_tasks(struct bpf_iter__task* ctx) {
  struct seq_file* seq = ctx->meta->seq;
  struct task_struct* task = ctx->task;
  struct task_info info = {};

  if (!task)
    return 0;
  info.pid = task->tgid;
  info.tid = task->pid;
  bpf_probe_read_kernel_str(&info.command, sizeof(info.command), task->comm);
  bpf_seq_write(seq, &info, sizeof(info));
  return 0;
}
