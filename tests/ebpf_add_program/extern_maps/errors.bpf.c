#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

extern struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8);
  __type(key, int);
  __type(value, int);
} counts SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2);
  __type(key, int);
  __type(value, long);
} limits SEC(".maps");

extern long last_count SEC(".data.last");
int step SEC(".data.last") = 3;

SEC("socket")
int errors(struct __sk_buff* packet) {
  int key = last_count;
  return bpf_map_lookup_elem(&limits, &key) && bpf_map_lookup_elem(&counts, &key);
}
