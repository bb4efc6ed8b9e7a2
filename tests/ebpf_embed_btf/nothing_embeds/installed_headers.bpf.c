#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int lengths(struct xdp_md* context) {
  return context->data_end - context->data > 64 ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
