#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8);
  __type(key, int);
  __type(value, int);
} counts SEC(".maps");

extern struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2);
  __type(key, int);
  __type(value, long);
} limits SEC(".maps");

long last_count SEC(".data.last") = 7;
extern int step SEC(".data.last");

SEC("socket")
int packets(struct __sk_buff* packet) {
  int key = step;
  return bpf_map_lookup_elem(&counts, &key) && bpf_map_lookup_elem(&limits, &key);
}

char LICENSE[] SEC("license") = "GPL";
