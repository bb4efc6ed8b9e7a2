#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct record {
  __u64 number;
  __u64 time;
  char name[16];
};

const struct record* record_in_btf __attribute__((unused));

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 24);
} records SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __type(key, __u32);
  __type(value, __u64);
} counts SEC(".maps");

__u64 sent;

/* Each run sends one record. */
SEC("tc")
int send(struct __sk_buff* packet) {
  struct record* record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);

  if (!record)
    return 0;
  record->number = sent++;
  record->time = packet->len;
  __builtin_memset(record->name, 0, sizeof(record->name));
  bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
  return 0;
}
