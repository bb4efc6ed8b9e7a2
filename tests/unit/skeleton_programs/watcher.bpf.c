// Exercises everything that a skeleton has: globals of each kind, per-CPU and other maps, a ring
// buffer, programs that attach by themselves and one that does not. Includes no kernel header.
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef int __s32;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;
typedef long long __s64;
enum {
  BPF_MAP_TYPE_HASH = 1,
  BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4,
  BPF_MAP_TYPE_PERCPU_ARRAY = 6,
  BPF_MAP_TYPE_LRU_HASH = 9,
  BPF_MAP_TYPE_LPM_TRIE = 11,
  BPF_MAP_TYPE_QUEUE = 22,
  BPF_MAP_TYPE_STACK = 23,
  BPF_MAP_TYPE_RINGBUF = 27,
  BPF_MAP_TYPE_BLOOM_FILTER = 30,
};
enum { BPF_ANY = 0, BPF_EXIST = 2, BPF_F_NO_PREALLOC = 1 };
#define CURRENT_CPU 0xffffffff /* BPF_F_CURRENT_CPU */
#include <bpf/bpf_helpers.h>

enum call_kind { CALL_WATCHED, CALL_OTHER };

struct call {
  __u64 number;
  enum call_kind kind;
  char comm[16];
};

struct counter {
  __u64 calls;
  __u32 last_process;
};

struct key {
  __u32 process;
  __u32 number;
};

struct prefix {
  __u32 length;
  __u8 address[4];
};

const volatile __s32 watched_process = 0;
const volatile long report_limit = 1;
__u64 other_calls = 0;
__u64 threshold = 7;
const struct call* call_in_btf __attribute__((unused));

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 2);
  __type(key, __u32);
  __type(value, struct counter);
} call_counts SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, struct counter);
} table SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} calls SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 64);
  __type(key, struct key);
  __type(value, __u32);
} recent SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(max_entries, 16);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct prefix);
  __type(value, __u32);
} routes SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_QUEUE);
  __uint(max_entries, 4);
  __type(value, struct counter);
} latest SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_STACK);
  __uint(max_entries, 4);
  __type(value, __u32);
} undo SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
  __uint(max_entries, 16);
  __type(value, __u64);
} seen SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, sizeof(__u32));
  __uint(value_size, sizeof(__u32));
} events SEC(".maps");

// This map has only sizes: nothing is known of its elements.
struct {
  __uint(type, BPF_MAP_TYPE_QUEUE);
  __uint(max_entries, 4);
  __uint(value_size, 12);
} plain SEC(".maps");

SEC("tp/syscalls/sys_enter_getpgid")
int watch(void* context) {
  __u32 process = bpf_get_current_pid_tgid() >> 32;
  if (process != (__u32)watched_process) {
    __sync_fetch_and_add(&other_calls, 1);
    return 0;
  }
  __u32 slot = 1;
  struct counter* counter = bpf_map_lookup_elem(&call_counts, &slot);
  if (!counter)
    return 0;
  counter->calls++;
  counter->last_process = process;
  bpf_map_push_elem(&latest, counter, BPF_EXIST);
  bpf_map_push_elem(&seen, &counter->calls, BPF_ANY);
  bpf_perf_event_output(context, &events, CURRENT_CPU, counter, sizeof(*counter));
  if (counter->calls > (__u64)report_limit)
    return 0;
  struct call* call = bpf_ringbuf_reserve(&calls, sizeof(*call), 0);
  if (!call)
    return 0;
  call->number = counter->calls + threshold;
  call->kind = CALL_WATCHED;
  bpf_get_current_comm(call->comm, sizeof(call->comm));
  bpf_ringbuf_submit(call, 0);
  return 0;
}

SEC("xdp")
int pass(void* context) {
  return 2;  // XDP_PASS
}

char LICENSE[] SEC("license") = "GPL";
