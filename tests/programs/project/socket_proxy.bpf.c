// Passes what arrives at one of two sockets on to the other one, inside the kernel.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define CLIENT_SIDE 0
#define SERVER_SIDE 1

// The port where the proxy listens. The application sets it before it loads the program.
const volatile __u32 proxy_port = 0;

struct {
  __uint(type, BPF_MAP_TYPE_SOCKMAP);
  __uint(max_entries, 2);
  __type(key, __u32);
  __type(value, __u64);
} sides SEC(".maps");

// Bytes that were passed on, by the side to which they went.
__u64 passed[2];

SEC("sk_skb/stream_verdict")
int pass_on(struct __sk_buff* data) {
  const __u32 to = data->local_port == proxy_port ? SERVER_SIDE : CLIENT_SIDE;
  __atomic_fetch_add(&passed[to], data->len, __ATOMIC_RELAXED);
  return (int)bpf_sk_redirect_map(data, &sides, to, 0);
}
