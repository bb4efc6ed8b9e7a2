/* Needs the kernel's own BTF. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("tp_btf/sched_process_exit")
int missing_btf(void* context) {
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
