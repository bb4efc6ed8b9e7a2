typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;
#include <bpf/bpf_helpers.h>

struct rq;
extern const int runqueues __ksym;
extern const void untyped __ksym;
extern void bpf_rcu_read_lock(void) __ksym;

SEC("fentry/do_sys_openat2")
int on_open(void* context) {
  return 0;
}

SEC("?fentry/do_sys_openat2")
int only_where_it_can(void* context) {
  return 0;
}

SEC("lsm.s/file_open")
int sleepable_lsm(void* context) {
  bpf_rcu_read_lock();
  return 0;
}

SEC("raw_tp/sched_process_exec")
int on_exec(void* context) {
  return runqueues + (&untyped != 0);
}

char LICENSE[] SEC("license") = "GPL";
