// For kernels without global data (before Linux 5.2): a map has what would be a global.
#define BPF_NO_GLOBAL_DATA
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, int);
} watched_process SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} signals SEC(".maps");

SEC("tp/signal/signal_generate")
int count_signals(void* context) {
  __u32 index = 0;
  int* process = bpf_map_lookup_elem(&watched_process, &index);
  __u64* count = bpf_map_lookup_elem(&signals, &index);

  (void)context;
  if (process && count && (int)(bpf_get_current_pid_tgid() >> 32) == *process)
    __sync_fetch_and_add(count, 1);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
