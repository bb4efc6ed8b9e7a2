// Counts packets and their bytes by the protocol in the IP header.
// The layout of packets and of the context is the same on all kernels. So the types come from the
// installed headers, and the program needs no BTF: it runs on routers, too. For types of the kernel
// itself, include "vmlinux.h" in place of the <linux/...> headers.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct counter {
  __u64 packets;
  __u64 bytes;
};

// By the number of the protocol. Every CPU has its own copy, so no update has to be atomic.
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 256);
  __type(key, __u32);
  __type(value, struct counter);
} counters SEC(".maps");

SEC("xdp")
int count_packets(struct xdp_md* context) {
  void* data = (void*)(long)context->data;
  void* end = (void*)(long)context->data_end;
  struct ethhdr* ethernet = data;
  if ((void*)(ethernet + 1) > end)
    return XDP_PASS;

  __u32 protocol = 0;  // what is not IP
  if (ethernet->h_proto == bpf_htons(ETH_P_IP)) {
    struct iphdr* ip = (void*)(ethernet + 1);
    if ((void*)(ip + 1) <= end)
      protocol = ip->protocol;
  } else if (ethernet->h_proto == bpf_htons(ETH_P_IPV6)) {
    struct ipv6hdr* ip = (void*)(ethernet + 1);
    if ((void*)(ip + 1) <= end)
      protocol = ip->nexthdr;
  }

  struct counter* counter = bpf_map_lookup_elem(&counters, &protocol);
  if (counter) {
    counter->packets++;
    counter->bytes += end - data;
  }
  return XDP_PASS;
}
