#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct entry {
  struct bpf_spin_lock lock;
  int count;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct entry);
} entries SEC(".maps");

const volatile int limit = 4;
int out;
static const char name[] = "abcdefgh";
static const struct { int first, second; } table[] = {{1, 2}, {3, 4}};
static volatile const int kept[3] = {5, 6, 7};

SEC("tc")
int choose(struct __sk_buff* packet) {
  __u32 key = 0;
  struct entry* entry = bpf_map_lookup_elem(&entries, &key);
  if (!entry)
    return 0;
  bpf_spin_lock(&entry->lock);
  entry->count += limit;
  bpf_spin_unlock(&entry->lock);
  out = name[packet->len & 7] + table[packet->mark & 1].second + kept[packet->mark & 1];
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
