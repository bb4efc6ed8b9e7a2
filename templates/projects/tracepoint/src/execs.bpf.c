// Sends an event for each program that a process starts.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct event {
  __u32 process;
  __u32 user;
  char command[16];
};
// Keeps the type in the object, so that the application gets it.
const struct event* unused_event __attribute__((unused));

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 256 * 1024);
} events SEC(".maps");

__u64 lost;  // events for which the buffer had no space

SEC("tracepoint/sched/sched_process_exec")
int on_exec(void* context) {
  struct event* event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (!event) {
    __atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
    return 0;
  }
  event->process = bpf_get_current_pid_tgid() >> 32;
  event->user = (__u32)bpf_get_current_uid_gid();
  bpf_get_current_comm(event->command, sizeof(event->command));
  bpf_ringbuf_submit(event, 0);
  return 0;
}
