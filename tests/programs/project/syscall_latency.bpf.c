// Counts how long the system calls of one process take, by call and by powers of two nanoseconds.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define SLOT_COUNT 40

// The application sets it before it loads the programs.
const volatile __u32 watched_process = 0;

struct running_call {
  __u64 number;
  __u64 begin;
};

// Slot n has the calls that took from 2^n to 2^(n+1)-1 nanoseconds.
struct histogram {
  __u64 slots[SLOT_COUNT];
};

// By thread.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct running_call);
} running_calls SEC(".maps");

// By the number of the system call.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u64);
  __type(value, struct histogram);
} histograms SEC(".maps");

static const struct histogram empty;

static __always_inline __u32 power_of_two(__u64 number) {
  __u32 power = 0;
  for (__u32 step = 32; step > 0; step /= 2) {
    if (number >> step) {
      number >>= step;
      power += step;
    }
  }
  return power;
}

SEC("raw_tp/sys_enter")
int BPF_PROG(on_enter, struct pt_regs* registers, long number) {
  const __u64 thread = bpf_get_current_pid_tgid();
  if (thread >> 32 != watched_process)
    return 0;
  const __u32 id = (__u32)thread;
  struct running_call call = {.number = (__u64)number, .begin = bpf_ktime_get_ns()};
  bpf_map_update_elem(&running_calls, &id, &call, BPF_ANY);
  return 0;
}

SEC("raw_tp/sys_exit")
int BPF_PROG(on_exit, struct pt_regs* registers, long returned) {
  const __u32 id = (__u32)bpf_get_current_pid_tgid();
  struct running_call* call = bpf_map_lookup_elem(&running_calls, &id);
  if (!call)
    return 0;
  const __u64 number = call->number;
  const __u32 slot = power_of_two(bpf_ktime_get_ns() - call->begin);
  bpf_map_delete_elem(&running_calls, &id);
  bpf_map_update_elem(&histograms, &number, &empty, BPF_NOEXIST);
  struct histogram* found = bpf_map_lookup_elem(&histograms, &number);
  if (found && slot < SLOT_COUNT)
    __atomic_fetch_add(&found->slots[slot], 1, __ATOMIC_RELAXED);
  return 0;
}
