#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

// ETH_P_IP in a comment is not used.
SEC("tc")
int nothing(struct __sk_buff* skb) {
  return (int)skb->len;
}

char LICENSE[] SEC("license") = "GPL";
