#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "own.h"

#define INT(name) int name##_length
struct path {
  INT(path);
} last_path;

SEC("xdp")
int count(struct xdp_md* packet) {
  last_path.path_length++;
  last_key.key++;
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
