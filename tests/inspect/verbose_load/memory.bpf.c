/* A map that is larger than every machine's memory. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4000000);
  __uint(key_size, 4);
  __uint(value_size, 1 << 20);
} huge SEC(".maps");

SEC("tc")
int memory_limit(struct __sk_buff* packet) {
  int key = 0;
  return bpf_map_lookup_elem(&huge, &key) != 0;
}

char LICENSE[] SEC("license") = "GPL";
