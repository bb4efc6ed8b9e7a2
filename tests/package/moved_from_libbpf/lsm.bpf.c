#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

SEC("lsm/bpf")
int BPF_PROG(watch_bpf, int cmd, union bpf_attr* attr, unsigned int size, int ret) {
  (void)ctx;
  (void)attr;
  (void)size;
  if (ret)
    return ret;
  bpf_printk("bpf() command %d", cmd);
  return 0;
}
