/* Calls of kernel functions (kfuncs). Kernels before 6.3 do not have them all. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

extern struct task_struct* bpf_task_acquire(struct task_struct* task) __ksym;
extern int bpf_xdp_metadata_rx_hash(const struct xdp_md* context, unsigned* hash,
                                    enum xdp_rss_hash_type* type) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

SEC("tc")
int function_not_allowed(struct __sk_buff* packet) {
  unsigned hash = 0;
  enum xdp_rss_hash_type type = 0;
  return bpf_xdp_metadata_rx_hash((void*)packet, &hash, &type);
}

SEC("tp_btf/task_newtask")
int function_null(void* context) {
  return bpf_task_acquire((void*)0) != 0;
}

SEC("tp_btf/task_newtask")
int function_argument(unsigned long long* context) {
  struct task_struct* task = (void*)context[0];
  return bpf_task_acquire(task->last_wakee) != 0;
}

SEC("tp_btf/task_newtask")
int function_reference(unsigned long long* context) {
  struct task_struct* task = (void*)context[0];
  return bpf_task_acquire(task) != 0;
}

SEC("fentry/do_nanosleep")
int rcu_held(void* context) {
  bpf_rcu_read_lock();
  return 0;
}

SEC("lsm.s/file_open")
int sleeps_under_rcu(void* context) {
  char byte = 0;
  bpf_rcu_read_lock();
  bpf_copy_from_user(&byte, 1, 0);
  bpf_rcu_read_unlock();
  return 0;
}
