#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "profile.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 256 * 1024);
} events SEC(".maps");

SEC("perf_event")
int profile(void* ctx) {
  struct stack_event* event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

  if (!event)
    return 1;
  event->pid = bpf_get_current_pid_tgid() >> 32;
  event->cpu = bpf_get_smp_processor_id();
  if (bpf_get_current_comm(event->command, sizeof(event->command)))
    event->command[0] = 0;
  event->kernel_stack_size =
      bpf_get_stack(ctx, event->kernel_stack, sizeof(event->kernel_stack), 0);
  event->user_stack_size =
      bpf_get_stack(ctx, event->user_stack, sizeof(event->user_stack), BPF_F_USER_STACK);
  bpf_ringbuf_submit(event, 0);
  return 0;
}
