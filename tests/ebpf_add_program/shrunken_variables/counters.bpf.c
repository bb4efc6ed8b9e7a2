#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct counter {
  struct bpf_spin_lock lock;
  int packets;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, int);
  __type(value, struct counter);
} counters SEC(".maps");

int limit = 5;
int total;
int no_numbers[0];
int no_names[0] SEC(".data.empty");

static long seen_long;  // has one of two values: clang makes it a bool
static struct {
  long first;
  int second;
} parts;  // clang splits it

SEC("tc")
int count(struct __sk_buff* packet) {
  int key = 0;
  if (packet->len > 1000)
    seen_long = 1000;
  parts.first += packet->len;
  parts.second += 1;
  total += seen_long + parts.first + parts.second;
  struct counter* counter = bpf_map_lookup_elem(&counters, &key);
  if (counter) {
    bpf_spin_lock(&counter->lock);
    counter->packets++;
    bpf_spin_unlock(&counter->lock);
  }
  return 0;
}
