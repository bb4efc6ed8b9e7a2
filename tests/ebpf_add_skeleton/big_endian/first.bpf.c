#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "event.h"

struct event* event_in_btf __attribute__((unused));
char LICENSE[] SEC("license") = "GPL";
__u32 mark = 0x11223344;
extern __u64 total;
int add(int amount);

SEC("raw_tp/sched_process_exec")
int on_exec(void* context) {
  struct task_struct* task = (void*)bpf_get_current_task();
  mark += BPF_CORE_READ(task, pid);
  add(BPF_CORE_READ_BITFIELD_PROBED(task, flag) + BPF_CORE_READ_BITFIELD_PROBED(task, wide));
  return total > 5;
}
