#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern void bpf_rcu_read_lock(void) __weak __ksym;

SEC("tc")
int third(struct __sk_buff* packet) {
  (void)packet;
  bpf_rcu_read_lock();
  return 0;
}
