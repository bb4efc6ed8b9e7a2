#include "own.h"

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 64);
  __type(key, u32);
  __type(value, u64);
} started SEC(".maps");

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct* task, pid_t old_pid, struct linux_binprm* binary) {
  u32 group = BPF_CORE_READ(task, real_parent, tgid);
  u64 now = bpf_ktime_get_ns();
  u32 inode = BPF_CORE_READ(task, mm, exe_file, f_inode, i_ino);
  u64 cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
  char name[16];
  const char* path = BPF_CORE_READ(binary, filename);
  bpf_probe_read_kernel_str(name, sizeof(name), path);
  if (bpf_core_field_exists(task->loginuid))
    group += BPF_CORE_READ(task, loginuid.val);
  if (BPF_CORE_READ_BITFIELD(task, in_execve))
    group += inode + cgroup;
  bpf_map_update_elem(&started, &group, &now, BPF_NOEXIST);
  bpf_ringbuf_output(&events, name, sizeof(name), BPF_RB_NO_WAKEUP);
  return bpf_core_enum_value(enum bpf_map_type, BPF_MAP_TYPE_RINGBUF);
}

char LICENSE[] SEC("license") = "GPL";
