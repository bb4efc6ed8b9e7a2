// The same by fentry and by kprobe.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct event {
  u32 process;
};
struct event last;

SEC("fentry/do_unlinkat")
int open_fentry(void* context) {
  last.process++;
  return 0;
}

SEC("kprobe/do_unlinkat")
int open_kprobe(void* context) {
  last.process++;
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
