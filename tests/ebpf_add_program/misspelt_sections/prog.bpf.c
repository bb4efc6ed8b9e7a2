#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("xdp_drop")
int old_name(struct xdp_md* packet) {
  return XDP_DROP;
}

SEC("?kpobe/do_unlinkat")
int off_at_first(void* context) {
  return 0;
}

SEC("typed_by_the_application")
int typed(void* context) {
  return 0;
}

SEC("xdp.frags")
int known(struct xdp_md* packet) {
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
