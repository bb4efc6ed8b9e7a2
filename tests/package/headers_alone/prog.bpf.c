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

union number {
  u64 whole;
  u32 halves[2];
};

struct entry {
  u64 first_seen;
  u32 count;
  union number number;
};

const volatile struct limits limits = {.lowest = 3, .mode = MODE_ON};
const volatile bool enabled = true;
struct entry last_entry;
struct entry table[4];
struct entry* pointer_in_bpf;
long counter;
int initialised = 4;
int in_section SEC(".data.own") = 5;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, struct limits);
  __type(value, struct entry);
} entries SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, union number);
} totals SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, sizeof(u32));
  __uint(value_size, sizeof(u32));
} perf_events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_QUEUE);
  __uint(max_entries, 4);
  __type(value, u32);
} queue SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
  __uint(max_entries, 4);
  __type(value, u32);
} filter SEC(".maps");

SEC("raw_tp/sched_process_exec")
int on_exec(void* context) {
  struct task_struct* task = (struct task_struct*)bpf_get_current_task();
  if (enabled)
    counter += limits.lowest + initialised + in_section + BPF_CORE_READ(task, tgid);
  return 0;
}

SEC("xdp")
int on_packet(struct xdp_md* context) {
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
