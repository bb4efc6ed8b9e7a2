#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

// For a build without the kernel's types.
#ifndef __VMLINUX_H__
struct path {
  int length;
};
#endif
#define COUNTER(name) int name##_count

COUNTER(open);

SEC("raw_tp/sys_enter")
int count(void* context) {
  return sizeof(struct path) + open_count;
}

char LICENSE[] SEC("license") = "GPL";
