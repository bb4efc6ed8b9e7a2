#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, 1);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, __u64);
} counts SEC(".maps");
__u64 total = 0x0102030405060708;

int add(int amount) {
  __u32 key = amount;
  __u64* count = bpf_map_lookup_elem(&counts, &key);
  if (count)
    *count += amount;
  total += amount;
  return 0;
}
