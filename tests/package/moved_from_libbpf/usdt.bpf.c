// Static probes of the C library. usdt.bpf.h brings maps of its own.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/usdt.bpf.h>

int watched_process = 0;
unsigned long long jumps = 0;

SEC("usdt/libc.so.6:libc:setjmp")
int BPF_USDT(count_setjmp, void* environment, int mask, void* address) {
  (void)ctx;
  (void)environment;
  (void)mask;
  (void)address;
  if ((int)(bpf_get_current_pid_tgid() >> 32) == watched_process)
    __sync_fetch_and_add(&jumps, 1);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
