#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define NAME_OF(x) NAME(x)
_Static_assert(sizeof(NAME_OF(AF_INET)) == sizeof("AF_INET"), "");

SEC("tc")
int nothing(struct __sk_buff* skb) {
  return (int)skb->len;
}

char LICENSE[] SEC("license") = "GPL";
