#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

SEC("kprobe/do_unlinkat")
int BPF_KPROBE(by_kprobe) {
  return 0;
}

SEC("kprobe.multi/do_unlinkat")
int BPF_KPROBE(by_fprobe) {
  return 0;
}

SEC("fentry/do_unlinkat")
int BPF_PROG(by_fentry, int dfd, struct filename* name) {
  return BPF_CORE_READ(name, uptr) == 0;
}

SEC("fexit/do_unlinkat")
int BPF_PROG(by_fexit, int dfd, struct filename* name, int result) {
  return 0;
}

SEC("lsm/file_open")
int BPF_PROG(by_lsm, struct file* file) {
  return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(by_typed_tracepoint, bool preempt, struct task_struct* from, struct task_struct* to) {
  return 0;
}

SEC("tracepoint/syscalls/sys_enter_openat")
int by_tracepoint(void* context) {
  return 0;
}

SEC("iter/task")
int by_iterator(struct bpf_iter__task* context) {
  return 0;
}

SEC("xdp")
int by_xdp(struct xdp_md* context) {
  return XDP_PASS;
}

SEC("tc")
int by_tc(struct __sk_buff* packet) {
  return 0;
}

SEC("cgroup_skb/egress")
int by_cgroup(struct __sk_buff* packet) {
  return 1;
}

SEC("sk_lookup")
int by_lookup(struct bpf_sk_lookup* context) {
  return 1;
}
