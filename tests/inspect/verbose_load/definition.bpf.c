/* An LPM trie without BPF_F_NO_PREALLOC. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(max_entries, 4);
  __uint(key_size, 8);
  __uint(value_size, 4);
} networks SEC(".maps");

SEC("tc")
int map_definition(struct __sk_buff* packet) {
  long key = 0;
  return bpf_map_lookup_elem(&networks, &key) != 0;
}

char LICENSE[] SEC("license") = "GPL";
