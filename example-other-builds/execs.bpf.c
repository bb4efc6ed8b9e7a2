// Counts the programs that all processes start.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

__u64 execs;  // the application reads it

SEC("raw_tp/sched_process_exec")
int count_execs(void* context) {
  __atomic_fetch_add(&execs, 1, __ATOMIC_RELAXED);
  return 0;
}
