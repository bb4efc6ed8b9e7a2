#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern void bpf_rcu_read_unlock(void) __weak __ksym;
extern void bpf_rcu_read_lock(void) __weak __ksym;

SEC("tc")
int second(struct __sk_buff* packet) {
  (void)packet;
  bpf_rcu_read_lock();
  bpf_rcu_read_unlock();
  return 0;
}
