#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

SEC("fentry/do_exit")
int on_exit(void* context) {
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
