#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

long packets;

SEC("xdp")
int count(struct xdp_md* context) {
  __sync_fetch_and_add(&packets, 1);
  return XDP_PASS;
}

SEC("tc")
int classify(struct __sk_buff* packet) {
  return packet->len > 0 ? 0 : 2;
}

SEC("kprobe/do_unlinkat")
int BPF_KPROBE(on_unlink) {
  return 0;
}

SEC("tracepoint/syscalls/sys_enter_openat")
int on_open(void* context) {
  return 0;
}

SEC("cgroup_skb/egress")
int filter(struct __sk_buff* packet) {
  return 1;
}
