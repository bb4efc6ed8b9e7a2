#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <ebpfkit/bpf_compat.h>

extern void bpf_task_release(void* task) __ksym;
int has_function;

SEC("raw_tp/sched_switch")
int ask(void* context) {
  has_function = bpf_ksym_exists(bpf_task_release);
  return 0;
}
