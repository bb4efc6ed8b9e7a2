// Redirects UDP packets of one port to another CPU, over IPv4 and IPv6.
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86DD

struct {
  __uint(type, BPF_MAP_TYPE_CPUMAP);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, struct bpf_cpumap_val);
} workers SEC(".maps");

const volatile __u16 port = 53;

SEC("xdp")
int spread(struct xdp_md* ctx) {
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* ethernet = (void*)(long)ctx->data;
  struct udphdr* udp;
  __u32 hash;
  if ((void*)(ethernet + 1) > end)
    return XDP_PASS;
  if (ethernet->h_proto == bpf_htons(ETH_P_IP)) {
    struct iphdr* ip = (void*)(ethernet + 1);
    if ((void*)(ip + 1) > end || ip->protocol != IPPROTO_UDP || ip->ihl != 5)
      return XDP_PASS;
    udp = (void*)(ip + 1);
    hash = ip->saddr ^ ip->daddr;
  } else if (ethernet->h_proto == bpf_htons(ETH_P_IPV6)) {
    struct ipv6hdr* ip = (void*)(ethernet + 1);
    if ((void*)(ip + 1) > end || ip->nexthdr != IPPROTO_UDP)
      return XDP_PASS;
    udp = (void*)(ip + 1);
    hash = ip->saddr.in6_u.u6_addr32[3];
  } else {
    return XDP_PASS;
  }
  if ((void*)(udp + 1) > end || udp->dest != bpf_htons(port))
    return XDP_PASS;
  return bpf_redirect_map(&workers, hash % 64, XDP_PASS);
}

char LICENSE[] SEC("license") = "GPL";
