// Tells which programs start.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct event {
  u32 process;
  char name[16];
};
struct event* unused_event __attribute__((unused));

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");

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

char LICENSE[] SEC("license") = "GPL";
