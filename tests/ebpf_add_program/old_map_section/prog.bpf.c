#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
  int type;
  int key_size;
  int value_size;
  int max_entries;
} counts SEC("maps") = {BPF_MAP_TYPE_ARRAY, 4, 4, 1};

SEC("xdp")
int pass(struct xdp_md* packet) {
  int key = 0;
  return bpf_map_lookup_elem(&counts, &key) ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
