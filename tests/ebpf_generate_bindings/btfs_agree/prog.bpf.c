#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct later later;
struct earlier earlier;

SEC("raw_tp/sched_process_exec")
int on_exec(void* context) {
  struct task* task = (struct task*)bpf_get_current_task();
  return BPF_CORE_READ(task, pid) + later.c + earlier.e;
}

char LICENSE[] SEC("license") = "GPL";
