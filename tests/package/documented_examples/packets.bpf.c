// Counts packets by protocol.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <ebpfkit/lost_records.h>

struct event {
  u32 protocol;
};
struct event last;

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
  __uint(max_entries, 256);
  __type(key, u32);
  __type(value, u64);
} counts SEC(".maps");

EBPFKIT_RECORD_COUNTS(event_counts, 1);

const volatile u32 smallest_packet = 0;
const volatile bool has_new_state = false;
const volatile int log_level = 0;

SEC("xdp")
int count_packets(struct xdp_md* context) {
  u32 protocol = 0;
  u64 one = 1;
  if (context->data_end - context->data >= smallest_packet + has_new_state)
    bpf_map_update_elem(&counts, &protocol, &one, BPF_ANY);
  return XDP_PASS;
}

SEC("xdp")
int parse(struct xdp_md* context) {
  last.protocol++;
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
