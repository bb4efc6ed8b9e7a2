// Starts and ends of processes, by a ring buffer. Includes vmlinux.h before the header that is
// shared.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "bootstrap.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8192);
  __type(key, pid_t);
  __type(value, u64);
} started SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 256 * 1024);
} events SEC(".maps");

const volatile unsigned long long min_duration_ns = 0;

SEC("tp/sched/sched_process_exec")
int handle_exec(struct trace_event_raw_sched_process_exec* ctx) {
  struct task_struct* task = (struct task_struct*)bpf_get_current_task();
  pid_t pid = bpf_get_current_pid_tgid() >> 32;
  u64 now = bpf_ktime_get_ns();
  unsigned file_name = ctx->__data_loc_filename & 0xFFFF;
  struct event* e;

  bpf_map_update_elem(&started, &pid, &now, BPF_ANY);
  if (min_duration_ns)
    return 0;
  e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
  if (!e)
    return 0;
  e->exit_event = false;
  e->pid = pid;
  e->ppid = BPF_CORE_READ(task, real_parent, tgid);
  bpf_get_current_comm(&e->command, sizeof(e->command));
  bpf_probe_read_str(&e->file_name, sizeof(e->file_name), (void*)ctx + file_name);
  bpf_ringbuf_submit(e, 0);
  return 0;
}

SEC("tp/sched/sched_process_exit")
int handle_exit(struct trace_event_raw_sched_process_template* ctx) {
  u64 id = bpf_get_current_pid_tgid();
  pid_t pid = id >> 32, thread = id;
  struct task_struct* task;
  u64 *start, duration = 0;
  struct event* e;

  (void)ctx;
  if (pid != thread)
    return 0;
  start = bpf_map_lookup_elem(&started, &pid);
  if (start)
    duration = bpf_ktime_get_ns() - *start;
  else if (min_duration_ns)
    return 0;
  bpf_map_delete_elem(&started, &pid);
  if (min_duration_ns && duration < min_duration_ns)
    return 0;
  e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
  if (!e)
    return 0;
  task = (struct task_struct*)bpf_get_current_task();
  e->exit_event = true;
  e->duration_ns = duration;
  e->pid = pid;
  e->ppid = BPF_CORE_READ(task, real_parent, tgid);
  e->exit_code = (BPF_CORE_READ(task, exit_code) >> 8) & 0xff;
  bpf_get_current_comm(&e->command, sizeof(e->command));
  bpf_ringbuf_submit(e, 0);
  return 0;
}
