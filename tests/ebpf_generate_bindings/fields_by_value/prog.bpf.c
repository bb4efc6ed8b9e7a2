#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, int);
  __type(value, struct task_struct);
} tasks SEC(".maps");

struct pair {
  int number;
  struct task_struct task[2];
} pair;

SEC("tp_btf/sched_switch")
int on_switch(void* context) {
  int key = 0;
  struct task_struct* task = bpf_map_lookup_elem(&tasks, &key);
  return task ? task->tgid + pair.number : 0;
}

char LICENSE[] SEC("license") = "GPL";
