#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "number.h"

int seen[NUMBER];

SEC("raw_tp/sched_process_exec")
int on_exec(void* context) {
  struct sample* sample = context;
  seen[0] = BPF_CORE_READ(sample, second);
  return 0;
}
