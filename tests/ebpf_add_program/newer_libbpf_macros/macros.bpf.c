#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include <ebpfkit/bpf_compat.h>

int numbers[16];
int sum, rounds, leader, has_function;

struct task_pointers {
  struct task_struct __kptr_untrusted* task;
};

__noinline int value_of(int* number __arg_nonnull) {
  return *number;
}

SEC("raw_tp/sched_switch")
int loops(void* context) {
  int i, start = 3;
  int* number;
  bpf_for(i, 0, 16) {
    if (i == 12)
      break;
    sum += numbers[i];
  }
  bpf_for_each(num, number, 0, 5) sum += *number;
  bpf_repeat(10) rounds++;
  sum += value_of(&start);
  return 0;
}

SEC("tp_btf/sched_switch")
int functions(void* context) {
  struct task_struct* task = bpf_core_cast((void*)bpf_get_current_task(), struct task_struct);
  leader = task->group_leader->tgid;
  if (bpf_ksym_exists(bpf_task_from_pid)) {
    struct task_struct* first = bpf_task_from_pid(1);
    if (first)
      bpf_task_release(first);
    has_function = 1;
  }
  return 0;
}

SEC("uprobe")
int BPF_UPROBE(enter, int first, int second) {
  return first + second;
}

SEC("uretprobe")
int BPF_URETPROBE(leave, int result) {
  return result;
}

char LICENSE[] SEC("license") = "GPL";
