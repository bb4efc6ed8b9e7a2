// A loop, a call of another function, a map and a CO-RE relocation.
typedef unsigned int __u32;
typedef unsigned long long __u64;
static long (*bpf_probe_read_kernel)(void* to, __u32 size, const void* from) = (void*)113;
static void* (*bpf_map_lookup_elem)(void* map, const void* key) = (void*)1;
struct task {
  int pid;
  struct task* parent;
} __attribute__((preserve_access_index));
struct {
  int (*type)[1];
  __u32* key;
  __u64* value;
  int (*max_entries)[8];
} counts __attribute__((section(".maps"), used));

static __attribute__((noinline)) int depth_of(struct task* task) {
  int depth = 0;
#pragma clang loop unroll(disable)
  for (int i = 0; i < 16; ++i) {
    struct task* parent = 0;
    bpf_probe_read_kernel(&parent, sizeof(parent), &task->parent);
    if (!parent || parent == task)
      break;
    task = parent;
    ++depth;
  }
  return depth;
}

__attribute__((section("raw_tp/sched_switch"), used)) int walk(struct task** context) {
  __u32 key = 0;
  __u64* count = bpf_map_lookup_elem(&counts, &key);
  if (!count)
    return 0;
  if (depth_of(context[1]) > 3)
    __sync_fetch_and_add(count, 1);
  else
    *count = 0x123456789abULL;
  return 0;
}
char licence[] __attribute__((section("license"), used)) = "GPL";
