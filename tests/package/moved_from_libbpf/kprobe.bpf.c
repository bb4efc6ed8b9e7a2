#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

char last_name[64];

SEC("kprobe/do_unlinkat")
int BPF_KPROBE(do_unlinkat, int dfd, struct filename* name) {
  (void)dfd;
  bpf_probe_read_kernel_str(last_name, sizeof(last_name), BPF_CORE_READ(name, name));
  return 0;
}

SEC("kretprobe/do_unlinkat")
int BPF_KRETPROBE(do_unlinkat_exit, long ret) {
  bpf_printk("unlinked %s: %ld", last_name, ret);
  return 0;
}
