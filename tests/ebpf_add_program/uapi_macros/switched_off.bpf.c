#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#ifdef ETH_P_IP
#error "The header has a macro"
#endif

SEC("tc")
int off(struct __sk_buff* skb) {
  return (int)skb->len;
}

char LICENSE[] SEC("license") = "GPL";
