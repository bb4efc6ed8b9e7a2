#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sched_process_exec")
int on_exec(void* context) {
  return bpf_get_curent_task() != 0;
}

char LICENSE[] SEC("license") = "GPL";
