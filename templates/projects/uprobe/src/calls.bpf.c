// Counts the calls of a function by process. The application chooses the function.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 10240);
  __type(key, __u32);
  __type(value, __u64);
} calls SEC(".maps");

SEC("uprobe")
int on_call(struct pt_regs* registers) {
  __u32 process = bpf_get_current_pid_tgid() >> 32;
  __u64 none = 0;
  bpf_map_update_elem(&calls, &process, &none, BPF_NOEXIST);
  __u64* count = bpf_map_lookup_elem(&calls, &process);
  if (count)
    __atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
  return 0;
}
