#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

// Kernel types point to records of these names, and no access to the program's own is relocated.
struct signal_struct {
  int nr_threads;
  int mine;
};
struct signal_struct last;
struct wrapper {
  int number;
  struct file {
    int x;
  } nested;
} wrapped;
union virtio_device {
  int number;
  char bytes[4];
} of_another_kind;
typedef struct {
  __u64 number;
} key_t;
key_t alias;
// The kernel has an enum with DROP.
enum verdict { DROP, PASS };
int process;

SEC("raw_tp/sys_enter")
int watch(void* context) {
  struct task_struct* task = (void*)bpf_get_current_task();
  (void)context;
  process = BPF_CORE_READ(task, pid);
  last.nr_threads = 1111;
  wrapped.nested.x = DROP;
  of_another_kind.number = 1;
  alias.number = 2;
  return PASS;
}

char LICENSE[] SEC("license") = "GPL";
