// Drops IPv4 packets from listed networks, and counts them by protocol.
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETH_P_IP 0x0800

struct network {
  __u32 prefix_length;
  __u32 address;
};

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(max_entries, 1024);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct network);
  __type(value, __u64);
} blocked SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 256);
  __type(key, __u32);
  __type(value, __u64);
} by_protocol SEC(".maps");

SEC("xdp")
int filter(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* ethernet = data;
  struct iphdr* ip = (void*)(ethernet + 1);
  if ((void*)(ip + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP))
    return XDP_PASS;

  __u32 protocol = ip->protocol;
  __u64* count = bpf_map_lookup_elem(&by_protocol, &protocol);
  if (count)
    ++*count;
  struct network from = {.prefix_length = 32, .address = ip->saddr};
  __u64* hits = bpf_map_lookup_elem(&blocked, &from);
  if (!hits)
    return XDP_PASS;
  __sync_fetch_and_add(hits, 1);
  return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
