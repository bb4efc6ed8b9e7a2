#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tp_btf/sched_switch")
int on_switch(void* context) {
  return lock_tasks(1);
}

char LICENSE[] SEC("license") = "GPL";
