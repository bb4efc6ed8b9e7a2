#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define DEFINE_RECORD(name) \
  struct name {             \
    __u32 own;              \
    __u64 count;            \
  }
#define CONTEXT path

DEFINE_RECORD(sk_buff);
struct CONTEXT {
  __u32 own;
};

struct sk_buff value;

SEC("raw_tp/sys_enter")
int count(void* context) {
  struct task_struct* task = (struct task_struct*)bpf_get_current_task();
  struct path path = {BPF_CORE_READ(task, pid)};
  value.own = path.own;
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
