#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

u32 packets SEC(".data.in.eth") = 4;
u64 bytes SEC(".data.in_eth") = 10;

SEC("raw_tp/sched_process_exec")
int on_exec(void* context) {
  packets++;
  bytes++;
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
