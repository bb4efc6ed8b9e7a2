#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

extern __hidden int shared_count;
__hidden int step = 2;
int limit = 5;

SEC("raw_tp/sched_process_exec")
int on_exec(void* context) {
  if (shared_count < limit)
    shared_count += step;
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
