#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8);
  __type(key, int);
  __type(value, long);
} counts SEC(".maps");

/* Four programs that read a pointer which may be null. */
#define READS_NULL(name)                              \
  SEC("tracepoint/sched/sched_switch")                \
  int name(void* context) {                           \
    int key = 0;                                      \
    long* value = bpf_map_lookup_elem(&counts, &key); \
    return *value;                                    \
  }

READS_NULL(null_pointer)
READS_NULL(other_reason)
READS_NULL(optional_one)
READS_NULL(never_loads)
READS_NULL(unexpected)

SEC("tracepoint/sched/sched_switch")
int is_fine(void* context) {
  return 0;
}
