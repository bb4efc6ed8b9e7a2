// An arena.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct element {
  u32 number;
};
struct element* first;

// The kernel of the build may have no arenas.
struct {
  __uint(type, 33);            // BPF_MAP_TYPE_ARENA
  __uint(map_flags, 1 << 10);  // BPF_F_MMAPABLE
  __uint(max_entries, 4);      // pages
} memory SEC(".maps");

SEC("syscall")
int forget(void* context) {
  first = NULL;
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
