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
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct sample {
  int second;
  int missing;
} __attribute__((preserve_access_index));

int seen;

SEC("raw_tp/sched_process_exec")
int on_exec(void* context) {
  struct sample* sample = context;
  seen = BPF_CORE_READ(sample, second);
  if (bpf_core_field_exists(sample->missing))
    seen = 0;
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
