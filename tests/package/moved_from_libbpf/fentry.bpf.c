#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("fentry/do_unlinkat")
int BPF_PROG(do_unlinkat, int dfd, struct filename* name) {
  (void)ctx;
  (void)dfd;
  bpf_printk("unlink %s", name->name);
  return 0;
}

SEC("fexit/do_unlinkat")
int BPF_PROG(do_unlinkat_exit, int dfd, struct filename* name, long ret) {
  (void)ctx;
  (void)dfd;
  bpf_printk("unlinked %s: %ld", name->name, ret);
  return 0;
}
