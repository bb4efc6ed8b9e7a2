#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "number.h"

struct sample {
  int first;
} __attribute__((preserve_access_index));

int seen_by_first[NUMBER];

SEC("raw_tp/sched_process_exec")
int on_exec_first(void* context) {
  struct sample* sample = context;
  seen_by_first[0] = BPF_CORE_READ(sample, first);
  return 0;
}
char LICENSE[] SEC("license") = "GPL";
