#include "linked.h"
#include "own.h"
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

_Static_assert(LINKED == 1 && LINKED_HEADER == 1 && OWN_HEADER == 1, "usage requirements");
_Static_assert(sizeof(TEXT) == sizeof("two words"), "quoting");

int last;

SEC("raw_tp/sched_process_exec")
int on_exec(void* context) {
  struct task_struct* task = (struct task_struct*)bpf_get_current_task();
  last = BPF_CORE_READ(task, real_parent, tgid);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
