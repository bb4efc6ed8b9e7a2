// Spreads UDP packets over backends. Each protocol has a program of its own, which a tail call
// reaches; each backend is a network interface.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define BACKENDS_MAX 16

// The application sets it before it loads the programs: at least 1.
const volatile __u32 backend_count = 1;

struct mac_address {
  __u8 bytes[6];
};

// By the protocol number of IP.
struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 256);
  __uint(key_size, sizeof(__u32));
  __uint(value_size, sizeof(__u32));
} protocols SEC(".maps");

// By the number of a backend.
struct {
  __uint(type, BPF_MAP_TYPE_DEVMAP);
  __uint(max_entries, BACKENDS_MAX);
  __uint(key_size, sizeof(__u32));
  __uint(value_size, sizeof(__u32));
} backends SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, BACKENDS_MAX);
  __type(key, __u32);
  __type(value, struct mac_address);
} backend_addresses SEC(".maps");

// By the number of the interface where the packets of a backend arrive.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, BACKENDS_MAX);
  __type(key, __u32);
  __type(value, __u64);
} arrivals SEC(".maps");

// NULL: this is no packet of IPv4.
static __always_inline struct iphdr* find_ip(struct xdp_md* context) {
  struct ethhdr* ethernet = (void*)(long)context->data;
  struct iphdr* ip = (void*)(ethernet + 1);
  if ((void*)(ip + 1) > (void*)(long)context->data_end || ethernet->h_proto != bpf_htons(ETH_P_IP))
    return NULL;
  return ip;
}

SEC("xdp")
int choose_protocol(struct xdp_md* context) {
  struct iphdr* ip = find_ip(context);
  if (ip)
    bpf_tail_call(context, &protocols, ip->protocol);
  return XDP_PASS;  // nobody balances this protocol
}

SEC("xdp")
int balance_udp(struct xdp_md* context) {
  struct iphdr* ip = find_ip(context);
  if (!ip || ip->ihl != 5)
    return XDP_PASS;
  struct udphdr* udp = (void*)(ip + 1);
  if ((void*)(udp + 1) > (void*)(long)context->data_end)
    return XDP_PASS;
  // The packets of one client go to one backend.
  const __u32 client = bpf_ntohl(ip->saddr) + bpf_ntohs(udp->source);
  const __u32 backend = client * 2654435761u % backend_count;
  struct mac_address* address = bpf_map_lookup_elem(&backend_addresses, &backend);
  if (!address)
    return XDP_ABORTED;
  struct ethhdr* ethernet = (void*)ip - sizeof(*ethernet);
  __builtin_memcpy(ethernet->h_dest, address, sizeof(*address));
  return (int)bpf_redirect_map(&backends, backend, XDP_PASS);
}

// Runs where the packets of a backend arrive. A server stands there in real life. The kernel sends
// packets of IPv6 of its own there.
SEC("xdp")
int count_arrival(struct xdp_md* context) {
  const __u32 interface = context->ingress_ifindex;
  __u64* count = bpf_map_lookup_elem(&arrivals, &interface);
  if (count && find_ip(context))
    __atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
  return XDP_DROP;
}
