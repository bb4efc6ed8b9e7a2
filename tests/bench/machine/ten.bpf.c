#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

int sum;

#define PROGRAM(name)                                         \
  SEC("raw_tp/sched_switch")                                  \
  int name(void* context) {                                   \
    struct task_struct* task = (void*)bpf_get_current_task(); \
    sum += BPF_CORE_READ(task, real_parent, tgid);            \
    return 0;                                                 \
  }

PROGRAM(program_0)
PROGRAM(program_1)
PROGRAM(program_2)
PROGRAM(program_3)
PROGRAM(program_4)
PROGRAM(program_5)
PROGRAM(program_6)
PROGRAM(program_7)
PROGRAM(program_8)
PROGRAM(program_9)
