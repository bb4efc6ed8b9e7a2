// Marks TCP segments that set up connections.
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETH_P_IP 0x0800
#define TC_ACT_OK 0

struct connection {
  __be32 from, to;
  __be16 from_port, to_port;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 8192);
  __type(key, struct connection);
  __type(value, __u64);
} begun SEC(".maps");

SEC("tc")
int mark(struct __sk_buff* skb) {
  struct iphdr ip;
  struct tcphdr tcp;
  if (skb->protocol != bpf_htons(ETH_P_IP) ||
      bpf_skb_load_bytes(skb, sizeof(struct ethhdr), &ip, sizeof(ip)) || ip.protocol != IPPROTO_TCP)
    return TC_ACT_OK;
  if (bpf_skb_load_bytes(skb, sizeof(struct ethhdr) + ip.ihl * 4, &tcp, sizeof(tcp)) || !tcp.syn)
    return TC_ACT_OK;
  struct connection connection = {ip.saddr, ip.daddr, tcp.source, tcp.dest};
  __u64 now = bpf_ktime_get_ns();
  bpf_map_update_elem(&begun, &connection, &now, BPF_ANY);
  skb->mark = 1;
  return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
