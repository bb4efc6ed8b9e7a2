// A kernel header in place of vmlinux.h, one global, one tracepoint.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int watched_process = 0;
unsigned long long signals = 0;

SEC("tp/signal/signal_generate")
int count_signals(void* context) {
  (void)context;
  if ((int)(bpf_get_current_pid_tgid() >> 32) == watched_process)
    __sync_fetch_and_add(&signals, 1);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
