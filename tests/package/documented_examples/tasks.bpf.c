// Tells which programs start.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <ebpfkit/lost_records.h>

struct event {
  u32 process;
  char name[16];
};
struct event* unused_event __attribute__((unused));

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");

EBPFKIT_RECORD_COUNTS(event_counts, 1);

const volatile int log_level = 0;

SEC("raw_tp/sched_process_exec")
int on_exec(void* context) {
  struct task_struct* task = (struct task_struct*)bpf_get_current_task();
  struct event* event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (!event)
    return 0;
  event->process = BPF_CORE_READ(task, tgid);
  bpf_get_current_comm(event->name, sizeof(event->name));
  bpf_ringbuf_submit(event, 0);
  return 0;
}

// The same, with lost records counted.
SEC("raw_tp/sched_process_exec")
int on_exec_counted(void* context) {
  struct event* event = ebpfkit_reserve(&events, &event_counts, 0, sizeof(*event));
  if (!event)
    return 0;
  event->process = bpf_get_current_pid_tgid() >> 32;
  bpf_ringbuf_submit(event, 0);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
