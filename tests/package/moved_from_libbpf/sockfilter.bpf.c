// Kernel headers for users in place of vmlinux.h.
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 256);
  __type(key, __u32);
  __type(value, __u64);
} packets_by_protocol SEC(".maps");

SEC("socket")
int count_packets(struct __sk_buff* skb) {
  __u16 protocol;
  __u8 ip_protocol;
  __u32 key;
  __u64* count;

  bpf_skb_load_bytes(skb, offsetof(struct ethhdr, h_proto), &protocol, sizeof(protocol));
  if (bpf_ntohs(protocol) != ETH_P_IP)
    return 0;
  bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, protocol), &ip_protocol,
                     sizeof(ip_protocol));
  key = ip_protocol;
  count = bpf_map_lookup_elem(&packets_by_protocol, &key);
  if (count)
    __sync_fetch_and_add(count, 1);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
