// Lists tasks with their files.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("iter/task")
int list_tasks(struct bpf_iter__task* ctx) {
  struct seq_file* out = ctx->meta->seq;
  struct task_struct* task = ctx->task;
  if (!task)
    return 0;
  BPF_SEQ_PRINTF(out, "%d %d %s %llu\n", task->tgid, task->pid, task->comm,
                 BPF_CORE_READ(task, mm, total_vm));
  return 0;
}

SEC("iter/task_file")
int list_files(struct bpf_iter__task_file* ctx) {
  struct task_struct* task = ctx->task;
  struct file* file = ctx->file;
  if (!task || !file)
    return 0;
  BPF_SEQ_PRINTF(ctx->meta->seq, "%d %u %lu\n", task->pid, ctx->fd, file->f_inode->i_ino);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
