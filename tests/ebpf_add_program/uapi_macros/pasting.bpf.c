#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

// Only the preprocessor can tell these words.
#define PROTOCOL(name) ETH_P_##name
#define ETH_P_ARP 3

_Static_assert(PROTOCOL(IP) == 0x0800 && PROTOCOL(ARP) == 3, "");

SEC("tc")
int paste(struct __sk_buff* skb) {
  return skb->protocol == PROTOCOL(IPV6);
}

char LICENSE[] SEC("license") = "GPL";
