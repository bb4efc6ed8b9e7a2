#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

_Static_assert(ETH_P_IP == 0x0800 && ETH_P_IPV6 == 0x86dd, "linux/if_ether.h");
_Static_assert(TC_ACT_OK == 0 && TC_ACT_UNSPEC == -1 && TC_ACT_SHOT == 2, "linux/pkt_cls.h");
_Static_assert(AF_INET == 2 && AF_INET6 == 10, "bits/socket.h");
_Static_assert(IPPROTO_TCP == 6, "BTF");
_Static_assert(EPERM == 1 && ENOENT == 2, "asm-generic/errno-base.h");
_Static_assert(IFNAMSIZ == 16, "linux/if.h, which is none of those that are asked first");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, PATH_MAX);
  __type(key, __u32);
  __type(value, char[ETH_ALEN]);
} addresses SEC(".maps");

const volatile __u32 answer = ANSWER_OF_ALL;

SEC("tc")
int shoot(struct __sk_buff* skb) {
  switch (skb->protocol) {
    case bpf_htons(ETH_P_ARP):
      return TC_ACT_SHOT;
    default:
      return answer == 1 ? TC_ACT_UNSPEC : TC_ACT_OK;
  }
}

char LICENSE[] SEC("license") = "GPL";
