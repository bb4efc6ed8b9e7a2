#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct sample {
  int second;
} __attribute__((preserve_access_index));

int seen;

SEC("raw_tp/sched_process_exec")
int on_exec(void* context) {
  struct sample* sample = context;
  seen = BPF_CORE_READ(sample, second);
  return 0;
}
