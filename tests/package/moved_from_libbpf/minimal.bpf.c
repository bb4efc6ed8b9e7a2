// A kernel header in place of vmlinux.h, one global, one tracepoint.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int watched_process = 0;
unsigned long long calls = 0;

SEC("tp/syscalls/sys_enter_getppid")
int count_calls(void* context) {
  (void)context;
  if ((int)(bpf_get_current_pid_tgid() >> 32) == watched_process)
    __sync_fetch_and_add(&calls, 1);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
