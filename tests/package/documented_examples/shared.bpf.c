// A record of a header that the application has, too.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "shared_event.h"

struct shared_event last;

SEC("raw_tp/sched_process_exec")
int remember(void* context) {
  last.process = bpf_get_current_pid_tgid() >> 32;
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
