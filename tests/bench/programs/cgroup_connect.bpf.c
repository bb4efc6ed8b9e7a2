// Redirects connections to one address, and counts the bytes of the cgroup.
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
  __type(key, struct bpf_cgroup_storage_key);
  __type(value, __u64);
} bytes SEC(".maps");

const volatile __be32 from = 0;
const volatile __be32 to = 0;

SEC("cgroup/connect4")
int redirect(struct bpf_sock_addr* ctx) {
  if (ctx->user_ip4 == from && ctx->user_port == bpf_htons(80)) {
    ctx->user_ip4 = to;
    ctx->user_port = bpf_htons(8080);
  }
  return 1;
}

SEC("cgroup_skb/egress")
int count(struct __sk_buff* skb) {
  __u64* sum = bpf_get_local_storage(&bytes, 0);
  __sync_fetch_and_add(sum, skb->len);
  return 1;
}

char LICENSE[] SEC("license") = "GPL";
