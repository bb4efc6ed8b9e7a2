#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

// The last map comes first.
extern struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2);
  __type(key, int);
  __type(value, long);
} limits SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, int);
  __type(value, char);
} own SEC(".maps");

extern struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8);
  __type(key, int);
  __type(value, int);
} counts SEC(".maps");

extern long last_count SEC(".data.last");
extern int step SEC(".data.last");

SEC("socket")
int packets(struct __sk_buff* packet) {
  int key = step + last_count;
  return bpf_map_lookup_elem(&limits, &key) && bpf_map_lookup_elem(&counts, &key) &&
         bpf_map_lookup_elem(&own, &key);
}

char LICENSE[] SEC("license") = "GPL";
