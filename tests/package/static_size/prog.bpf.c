#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct event {
  __u32 process;
  __u32 parent;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, __u64);
} counts SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 65536);
} events SEC(".maps");

const volatile __u32 wanted_process = 0;
const volatile long wanted_call = 0;
struct event* unused_event __attribute__((unused));

// Counts and reports one system call of one process.
SEC("raw_tp/sys_enter")
int on_system_call(struct bpf_raw_tracepoint_args* context) {
  struct task_struct* task = (struct task_struct*)bpf_get_current_task();
  __u32 process = BPF_CORE_READ(task, tgid);
  if (process != wanted_process || (long)context->args[1] != wanted_call)
    return 0;
  __u64 one = 1;
  __u64* count = bpf_map_lookup_elem(&counts, &process);
  if (count)
    __sync_fetch_and_add(count, 1);
  else
    bpf_map_update_elem(&counts, &process, &one, BPF_ANY);
  struct event event = {process, BPF_CORE_READ(task, real_parent, tgid)};
  bpf_ringbuf_output(&events, &event, sizeof(event), 0);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
