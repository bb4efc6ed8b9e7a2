#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

__u64 counter;

SEC("xdp")
int count(void* context) {
  counter += bpf_ktime_get_ns();
  return 2;
}
