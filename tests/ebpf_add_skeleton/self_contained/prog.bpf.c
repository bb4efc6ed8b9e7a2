#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

enum mode { MODE_OFF, MODE_ON = 5 };

struct limits {
  int lowest;
  long highest;
  char name[3];
  struct {
    unsigned narrow : 3, wide : 13;
  } bits;
  enum mode mode;
};

struct entry {
  u64 first_seen;
  u32 count;
};

const volatile struct limits limits = {.lowest = 3, .mode = MODE_ON};
const volatile bool enabled = true;
struct entry last_entry;
struct entry* pointer_in_bpf;
long counter;
int initialised = 4;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, u32);
  __type(value, struct entry);
} entries SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, u64);
} totals SEC(".maps");

SEC("raw_tp/sched_process_exec")
int on_exec(void* context) {
  if (enabled)
    counter += limits.lowest + initialised;
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
