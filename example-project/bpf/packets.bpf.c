// Counts the packets that an interface receives, and their bytes, by protocol.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "protocol_numbers.h"

#define VLAN_TAGS_MAX 2
#define IPV6_EXTENSIONS_MAX 6

enum protocol {
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_ARP,
  PROTOCOL_OTHER,
  PROTOCOL_COUNT,
};

struct counter {
  __u64 packets;
  __u64 bytes;
};

// Indexed by enum protocol. Every CPU has its own copy, so no update has to be atomic.
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, PROTOCOL_COUNT);
  __type(key, __u32);
  __type(value, struct counter);
} counters SEC(".maps");

static __always_inline enum protocol transport_protocol(__u8 number) {
  switch (number) {
    case IPPROTO_TCP:
      return PROTOCOL_TCP;
    case IPPROTO_UDP:
      return PROTOCOL_UDP;
    case IPPROTO_ICMP:
      return PROTOCOL_ICMP;
    case NEXTHDR_ICMP:
      return PROTOCOL_ICMPV6;
    default:
      return PROTOCOL_OTHER;
  }
}

static __always_inline bool is_ipv6_extension(__u8 number) {
  return number == NEXTHDR_HOP || number == NEXTHDR_ROUTING || number == NEXTHDR_FRAGMENT ||
         number == NEXTHDR_DEST;
}

// Walks to the first header that is not an extension. For example, multicast listener reports are
// ICMPv6 behind a hop-by-hop header. The length byte of an extension counts units of 8 bytes after
// the first 8. In a fragment header that byte is reserved and zero, which is right for its 8 bytes.
static __always_inline enum protocol ipv6_protocol(void* header, void* end) {
  struct ipv6hdr* ip = header;
  if ((void*)(ip + 1) > end)
    return PROTOCOL_OTHER;

  __u8 number = ip->nexthdr;
  struct ipv6_opt_hdr* extension = (void*)(ip + 1);
  for (int i = 0; i < IPV6_EXTENSIONS_MAX && is_ipv6_extension(number); i++) {
    if ((void*)(extension + 1) > end)
      return PROTOCOL_OTHER;
    number = extension->nexthdr;
    extension = (void*)extension + (extension->hdrlen + 1) * 8;
  }
  return transport_protocol(number);
}

static __always_inline enum protocol ipv4_protocol(void* header, void* end) {
  struct iphdr* ip = header;
  if ((void*)(ip + 1) > end)
    return PROTOCOL_OTHER;
  return transport_protocol(ip->protocol);
}

// The compiler must not inline this function: its return type puts `enum protocol` into the
// object's BTF, and so into the generated C++ class.
static __noinline enum protocol classify(struct xdp_md* context) {
  void* end = (void*)(long)context->data_end;
  struct ethhdr* ethernet = (void*)(long)context->data;
  if ((void*)(ethernet + 1) > end)
    return PROTOCOL_OTHER;

  __be16 type = ethernet->h_proto;
  void* payload = ethernet + 1;
  for (int i = 0; i < VLAN_TAGS_MAX; i++) {
    struct vlan_hdr* tag = payload;
    if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD))
      break;
    if ((void*)(tag + 1) > end)
      return PROTOCOL_OTHER;
    type = tag->h_vlan_encapsulated_proto;
    payload = tag + 1;
  }

  switch (type) {
    case bpf_htons(ETH_P_IP):
      return ipv4_protocol(payload, end);
    case bpf_htons(ETH_P_IPV6):
      return ipv6_protocol(payload, end);
    case bpf_htons(ETH_P_ARP):
      return PROTOCOL_ARP;
    default:
      return PROTOCOL_OTHER;
  }
}

SEC("xdp")
int count_packets(struct xdp_md* context) {
  __u32 protocol = classify(context);
  struct counter* counter = bpf_map_lookup_elem(&counters, &protocol);
  if (counter) {
    counter->packets++;
    counter->bytes += context->data_end - context->data;
  }
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
