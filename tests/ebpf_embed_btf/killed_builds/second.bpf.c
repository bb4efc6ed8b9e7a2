#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "number.h"

struct sample {
  int first;
  int second;
} __attribute__((preserve_access_index));

int seen_by_second[NUMBER];

SEC("raw_tp/sched_process_exec")
int on_exec_second(void* context) {
  struct sample* sample = context;
  // The relocations differ, so the embedded BTF does.
  if (NUMBER == 2)
    seen_by_second[0] = BPF_CORE_READ(sample, first);
  else
    seen_by_second[0] = BPF_CORE_READ(sample, second);
  return 0;
}
