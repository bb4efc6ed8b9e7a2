// BTF has a pointer to an array for the number in a map's definition. Nobody has memory for the
// array. The text of a tag is the source's own.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(max_entries, 0xffffffff);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(key_size, 8);
  __uint(value_size, 4);
} prefixes SEC(".maps");

struct tagged {
  int number;
} __attribute__((btf_decl_tag("Wörter – any text")));

struct tagged value;

SEC("socket")
int answer(void* context) {
  (void)context;
  return value.number;
}

char LICENSE[] SEC("license") = "GPL";
