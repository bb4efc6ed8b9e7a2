// Adds up how long the threads of one process wait, by the kernel's stack where each waits.
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define STACK_DEPTH 64

// The application sets it before it loads the program.
const volatile __u32 watched_process = 0;

struct wait {
  __u64 begin;
  __u32 stack;
};

struct total {
  __u64 nanoseconds;
  __u64 waits;
};

struct {
  __uint(type, BPF_MAP_TYPE_STACK_TRACE);
  __uint(max_entries, 1024);
  __uint(key_size, sizeof(__u32));
  __uint(value_size, STACK_DEPTH * sizeof(__u64));
} stacks SEC(".maps");

// By thread.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct wait);
} waits SEC(".maps");

// By the id of a stack.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct total);
} totals SEC(".maps");

SEC("raw_tp/sched_switch")
int BPF_PROG(on_switch, bool preempted, struct task_struct* previous, struct task_struct* next) {
  const __u64 now = bpf_ktime_get_ns();
  if ((__u32)BPF_CORE_READ(previous, tgid) == watched_process) {
    const __u32 thread = (__u32)BPF_CORE_READ(previous, pid);
    const long stack = bpf_get_stackid(ctx, &stacks, 0);
    if (stack >= 0) {
      struct wait begun = {.begin = now, .stack = (__u32)stack};
      bpf_map_update_elem(&waits, &thread, &begun, BPF_ANY);
    }
  }

  const __u32 thread = (__u32)BPF_CORE_READ(next, pid);
  struct wait* ended = bpf_map_lookup_elem(&waits, &thread);
  if (!ended)
    return 0;
  const __u32 stack = ended->stack;
  static const struct total none;
  bpf_map_update_elem(&totals, &stack, &none, BPF_NOEXIST);
  struct total* total = bpf_map_lookup_elem(&totals, &stack);
  if (total) {
    __atomic_fetch_add(&total->nanoseconds, now - ended->begin, __ATOMIC_RELAXED);
    __atomic_fetch_add(&total->waits, 1, __ATOMIC_RELAXED);
  }
  bpf_map_delete_elem(&waits, &thread);
  return 0;
}
