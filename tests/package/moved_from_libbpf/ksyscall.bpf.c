#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#define TASK_COMM_LEN 16

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("ksyscall/tgkill")
int BPF_KSYSCALL(tgkill_entry, pid_t tgid, pid_t tid, int sig) {
  char command[TASK_COMM_LEN] = {};

  (void)tgid;
  if (sig == 0)
    return 0;
  bpf_get_current_comm(command, sizeof(command));
  bpf_printk("%s sends signal %d to %d", command, sig, tid);
  return 0;
}
