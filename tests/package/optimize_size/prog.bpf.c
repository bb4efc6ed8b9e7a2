#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct event {
  __u32 process;
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

const volatile long wanted_call = 0;
struct event* unused_event __attribute__((unused));

SEC("raw_tp/sys_enter")
int on_system_call(struct bpf_raw_tracepoint_args* context) {
  struct event event = {bpf_get_current_pid_tgid() >> 32};
  if ((long)context->args[1] == wanted_call)
    bpf_ringbuf_output(&events, &event, sizeof(event), 0);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
