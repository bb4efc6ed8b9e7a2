// Counts the files that processes open to write: by fentry, or by a kprobe.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

u64 opened_to_write;

static int count_file(u32 flags) {
  if (flags & (O_WRONLY | O_RDWR))
    __atomic_fetch_add(&opened_to_write, 1, __ATOMIC_RELAXED);
  return 0;
}

SEC("?fentry/vfs_open")
int BPF_PROG(open_fentry, const struct path* path, struct file* file) {
  return count_file(file->f_flags);
}

SEC("?kprobe/vfs_open")
int BPF_KPROBE(open_kprobe, const struct path* path, struct file* file) {
  return count_file(BPF_CORE_READ(file, f_flags));
}

char LICENSE[] SEC("license") = "GPL";
