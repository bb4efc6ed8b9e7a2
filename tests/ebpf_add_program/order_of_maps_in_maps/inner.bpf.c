#include "inner.h"

struct table table SEC(".maps");

SEC("tc")
int inner(struct __sk_buff* packet) {
  int key = 0;
  (void)packet;
  return bpf_map_lookup_elem(&table, &key) != 0;
}
