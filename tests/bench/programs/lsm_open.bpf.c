// Allows only one user to open the files of one inode.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define EPERM 1

const volatile __u64 guarded_inode = 0;
const volatile __u32 owner = 0;

SEC("lsm/file_open")
int BPF_PROG(guard, struct file* file, int previous) {
  if (previous)
    return previous;
  if (file->f_inode->i_ino != guarded_inode)
    return 0;
  return (__u32)bpf_get_current_uid_gid() == owner ? 0 : -EPERM;
}

SEC("lsm/bprm_check_security")
int BPF_PROG(check, struct linux_binprm* binary, int previous) {
  if (previous)
    return previous;
  const struct cred* credentials = binary->cred;
  return credentials->euid.val == 0 && binary->file->f_inode->i_uid.val != 0 ? -EPERM : 0;
}

char LICENSE[] SEC("license") = "GPL";
