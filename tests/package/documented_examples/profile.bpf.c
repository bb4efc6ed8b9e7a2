// Counts call stacks, some times a second.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_STACK_TRACE);
  __uint(max_entries, 10000);
  __uint(key_size, sizeof(u32));
  __uint(value_size, 64 * sizeof(u64));
} stacks SEC(".maps");

struct place {
  u32 process;
  s32 kernel_stack;
  s32 user_stack;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 10000);
  __type(key, struct place);
  __type(value, u64);
} samples SEC(".maps");

SEC("perf_event")
int take_sample(struct bpf_perf_event_data* context) {
  struct place place = {
      .process = bpf_get_current_pid_tgid() >> 32,
      .kernel_stack = bpf_get_stackid(context, &stacks, 0),
      .user_stack = bpf_get_stackid(context, &stacks, BPF_F_USER_STACK),
  };
  u64 one = 1;
  u64* count = bpf_map_lookup_elem(&samples, &place);
  if (count)
    __atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
  else
    bpf_map_update_elem(&samples, &place, &one, BPF_ANY);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
