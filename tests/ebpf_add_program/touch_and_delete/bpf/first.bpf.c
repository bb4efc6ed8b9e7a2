#include "shared.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
int last_thread_group;
const char file[] = __FILE__;
int second(void);
SEC("raw_tp/sched_process_exec") int on_exec(void* context) {
  struct task_struct* task = (struct task_struct*)bpf_get_current_task();
  last_thread_group = BPF_CORE_READ(task, tgid) + second();
  return 0;
}
char LICENSE[] SEC("license") = "GPL";
