// Drops the packets to one port of UDP or TCP that leave an interface.
// The layout of packets and of the context is the same on all kernels. So the types come from the
// installed headers, and the program needs no BTF: it runs on routers, too. For types of the kernel
// itself, include "vmlinux.h" in place of the <linux/...> headers.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

const volatile __u16 blocked_port = 0;  // the application sets it before it loads the program

__u64 dropped;

// Reads the port that an IP packet goes to. Returns 0 for other packets.
static __always_inline __u16 destination_port(struct __sk_buff* packet) {
  __u32 protocol;
  __u32 header_size;
  if (packet->protocol == bpf_htons(ETH_P_IP)) {
    struct iphdr ip;
    // Only the first fragment of a packet has the port.
    if (bpf_skb_load_bytes_relative(packet, 0, &ip, sizeof(ip), BPF_HDR_START_NET) != 0 ||
        (ip.frag_off & bpf_htons(0x1fff)) != 0)
      return 0;
    protocol = ip.protocol;
    header_size = ip.ihl * 4;
  } else if (packet->protocol == bpf_htons(ETH_P_IPV6)) {
    struct ipv6hdr ip;
    if (bpf_skb_load_bytes_relative(packet, 0, &ip, sizeof(ip), BPF_HDR_START_NET) != 0)
      return 0;
    protocol = ip.nexthdr;
    header_size = sizeof(ip);
  } else {
    return 0;
  }
  // The second word of both headers is the port that the packet goes to.
  __be16 port;
  if ((protocol != IPPROTO_UDP && protocol != IPPROTO_TCP) ||
      bpf_skb_load_bytes_relative(packet, header_size + 2, &port, sizeof(port),
                                  BPF_HDR_START_NET) != 0)
    return 0;
  return bpf_ntohs(port);
}

SEC("tc")
int guard_port(struct __sk_buff* packet) {
  if (blocked_port == 0 || destination_port(packet) != blocked_port)
    return TC_ACT_OK;
  __atomic_fetch_add(&dropped, 1, __ATOMIC_RELAXED);
  return TC_ACT_SHOT;
}
