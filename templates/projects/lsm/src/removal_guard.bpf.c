// Forbids removing files of one name.
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define NAME_SIZE 64

// The application sets it before it loads the program. An empty name forbids nothing.
const volatile char kept_name[NAME_SIZE] = "";

__u64 refused;

SEC("lsm/inode_unlink")
int BPF_PROG(guard_removal, struct inode* directory, struct dentry* file, int result) {
  // Another program has refused already.
  if (result != 0)
    return result;
  char name[NAME_SIZE] = "";
  if (bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(file, d_name.name)) < 2)
    return 0;
  for (int i = 0; i < NAME_SIZE; i++) {
    if (name[i] != kept_name[i])
      return 0;
    if (name[i] == '\0')
      break;
  }
  __atomic_fetch_add(&refused, 1, __ATOMIC_RELAXED);
  return -EPERM;
}
