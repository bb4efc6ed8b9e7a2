// The process's number in its own PID namespace.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int watched_process = 0;
unsigned long long namespace_device = 0;
unsigned long long namespace_inode = 0;
unsigned long long signals = 0;

SEC("tp/signal/signal_generate")
int count_signals(void* context) {
  struct bpf_pidns_info ids;

  (void)context;
  if (bpf_get_ns_current_pid_tgid(namespace_device, namespace_inode, &ids, sizeof(ids)))
    return 0;
  if ((int)ids.tgid == watched_process)
    __sync_fetch_and_add(&signals, 1);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
