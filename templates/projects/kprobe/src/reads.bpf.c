// Counts how many bytes reads ask for.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define SLOTS 32

// The reads of 1, 2 to 3, 4 to 7, ... bytes. The last slot also has all larger ones.
__u64 slots[SLOTS];

// The largest n for which 2^n is not greater than the value. It is 0 for 0.
static __always_inline __u32 logarithm(__u64 value) {
  __u32 result = 0;
  for (__u32 shift = 32; shift != 0; shift /= 2) {
    if (value >> shift) {
      value >>= shift;
      result += shift;
    }
  }
  return result;
}

SEC("kprobe/vfs_read")
int BPF_KPROBE(on_read, struct file* file, char* buffer, size_t count) {
  __u32 slot = logarithm(count);
  if (slot >= SLOTS)
    slot = SLOTS - 1;
  __atomic_fetch_add(&slots[slot], 1, __ATOMIC_RELAXED);
  return 0;
}
