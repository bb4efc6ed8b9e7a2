// Counts packets by their length on an interface, and reports the long ones.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct event {
  u32 length;
};
struct event* unused_event __attribute__((unused));

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 2048);
  __type(key, u32);
  __type(value, u64);
} counts SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
  __uint(max_entries, 2048);
  __type(key, u32);
  __type(value, u64);
} counts_per_cpu SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");

const volatile u32 smallest = 0;

SEC("xdp")
int count(struct xdp_md* ctx) {
  u32 length = ctx->data_end - ctx->data;
  u64 one = 1;
  u64* packets;
  struct event* event;

  packets = bpf_map_lookup_elem(&counts, &length);
  if (packets)
    __sync_fetch_and_add(packets, 1);
  else
    bpf_map_update_elem(&counts, &length, &one, BPF_ANY);
  bpf_map_update_elem(&counts_per_cpu, &length, &one, BPF_ANY);
  if (length < smallest)
    return XDP_PASS;
  event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (event) {
    event->length = length;
    bpf_ringbuf_submit(event, 0);
  }
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
