#include "inner.h"

extern struct table table SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, 2);
  __type(key, int);
  __array(values, struct table);
} table_of_tables SEC(".maps") = {.values = {(void*)&table}};

SEC("tc")
int outer(struct __sk_buff* packet) {
  int key = 0;
  (void)packet;
  return bpf_map_lookup_elem(&table_of_tables, &key) != 0;
}
