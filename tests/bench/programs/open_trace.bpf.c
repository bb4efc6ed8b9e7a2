// Reports who opens which file, from the tracepoints of the system call.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct opening {
  __u32 pid;
  __s32 result;
  char command[16];
  char path[256];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 10240);
  __type(key, __u64);
  __type(value, const char*);
} paths SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 18);
} openings SEC(".maps");

SEC("tp/syscalls/sys_enter_openat")
int enter(struct trace_event_raw_sys_enter* ctx) {
  __u64 id = bpf_get_current_pid_tgid();
  const char* path = (const char*)ctx->args[1];
  bpf_map_update_elem(&paths, &id, &path, BPF_ANY);
  return 0;
}

SEC("tp/syscalls/sys_exit_openat")
int leave(struct trace_event_raw_sys_exit* ctx) {
  __u64 id = bpf_get_current_pid_tgid();
  const char** path = bpf_map_lookup_elem(&paths, &id);
  if (!path)
    return 0;
  struct opening* opening = bpf_ringbuf_reserve(&openings, sizeof(*opening), 0);
  if (opening) {
    opening->pid = id >> 32;
    opening->result = ctx->ret;
    bpf_get_current_comm(opening->command, sizeof(opening->command));
    bpf_probe_read_user_str(opening->path, sizeof(opening->path), *path);
    bpf_ringbuf_submit(opening, 0);
  }
  bpf_map_delete_elem(&paths, &id);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
