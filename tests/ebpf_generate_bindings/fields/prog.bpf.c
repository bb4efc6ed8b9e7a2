#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

int parent;
unsigned long long runtime;
unsigned int length;

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct* previous, struct task_struct* next) {
  parent = next->real_parent->tgid;
  runtime = previous->se.vruntime;
  return 0;
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(on_free, struct sk_buff* packet) {
  length = BPF_CORE_READ(packet, len);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
