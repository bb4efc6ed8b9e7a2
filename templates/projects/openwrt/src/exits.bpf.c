// Sends an event for each process that ends.
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct process {
  __u64 age;  // nanoseconds
  __u32 number;
  __u32 parent;
  char command[16];
};
// Keeps the type in the object, so that the application gets it.
const struct process* unused_process __attribute__((unused));

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 64 * 1024);
} processes SEC(".maps");

__u64 lost;  // events for which the buffer had no space

SEC("raw_tp/sched_process_exit")
int on_exit(void* context) {
  struct task_struct* task = (void*)bpf_get_current_task();
  // A process ends with its first thread.
  if (BPF_CORE_READ(task, pid) != BPF_CORE_READ(task, tgid))
    return 0;
  struct process* process = bpf_ringbuf_reserve(&processes, sizeof(*process), 0);
  if (!process) {
    __atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
    return 0;
  }
  process->age = bpf_ktime_get_ns() - BPF_CORE_READ(task, start_time);
  process->number = BPF_CORE_READ(task, tgid);
  process->parent = BPF_CORE_READ(task, real_parent, tgid);
  bpf_get_current_comm(process->command, sizeof(process->command));
  bpf_ringbuf_submit(process, 0);
  return 0;
}
