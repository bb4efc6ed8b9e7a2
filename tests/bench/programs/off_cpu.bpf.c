// Measures how long tasks wait for the CPU, as a histogram of powers of two.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, __u64);
} since SEC(".maps");

__u64 slots[64];

SEC("tp_btf/sched_wakeup")
int BPF_PROG(wakeup, struct task_struct* task) {
  __u64* at = bpf_task_storage_get(&since, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
  if (at)
    *at = bpf_ktime_get_ns();
  return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct* from, struct task_struct* to) {
  __u64* at = bpf_task_storage_get(&since, to, 0, 0);
  if (!at || !*at)
    return 0;
  __u64 waited = (bpf_ktime_get_ns() - *at) / 1000;
  *at = 0;
  __u32 slot = 0;
#pragma unroll
  for (int i = 0; i < 32; ++i)
    if (waited >> i)
      slot = i;
  __sync_fetch_and_add(&slots[slot & 63], 1);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
