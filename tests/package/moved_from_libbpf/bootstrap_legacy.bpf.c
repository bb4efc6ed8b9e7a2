// The same for kernels without ring buffers and global data: a perf buffer, and settings in a map.
#define BPF_NO_GLOBAL_DATA
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "bootstrap.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, sizeof(u32));
  __uint(value_size, sizeof(u32));
} events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct event);
} scratch SEC(".maps");

SEC("tp/sched/sched_process_exec")
int handle_exec(struct trace_event_raw_sched_process_exec* ctx) {
  struct task_struct* task = (struct task_struct*)bpf_get_current_task();
  unsigned file_name = ctx->__data_loc_filename & 0xFFFF;
  u32 index = 0;
  struct event* e = bpf_map_lookup_elem(&scratch, &index);

  if (!e)
    return 0;
  e->exit_event = false;
  e->pid = bpf_get_current_pid_tgid() >> 32;
  e->ppid = BPF_CORE_READ(task, real_parent, tgid);
  bpf_get_current_comm(&e->command, sizeof(e->command));
  bpf_probe_read_str(&e->file_name, sizeof(e->file_name), (void*)ctx + file_name);
  bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, e, sizeof(*e));
  return 0;
}
