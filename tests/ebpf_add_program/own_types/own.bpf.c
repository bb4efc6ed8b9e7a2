#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "own.h"

struct path {
  int length;
} last_path;

SEC("xdp")
int count(struct xdp_md* packet) {
  last_path.length++;
  last_key.key++;
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
