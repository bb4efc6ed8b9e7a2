// Maps of several kinds, which the application fills.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

enum colour { RED, GREEN = 7 };

struct position {
  __u32 row;
  char shelf[8];
};

struct item {
  __u64 count;
  __s32 balance;
  enum colour colour;
  _Bool is_sold;
  __u8 small : 3;
  __s8 below : 4;
  __u16 sizes[2];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, struct position);
  __type(value, struct item);
} items SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} visits SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");

int limit = 42;

SEC("raw_tp/sched_process_exit")
int count_visits_of_the_shelf(void* context) {
  __u32 key = 0;
  __u64* count = bpf_map_lookup_elem(&visits, &key);
  struct position nowhere = {};
  if (count)
    *count += limit;
  if (bpf_map_lookup_elem(&items, &nowhere))
    bpf_ringbuf_output(&events, &nowhere, sizeof(nowhere), 0);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
