// Programs of several kinds, with variables, a map and a ring buffer.
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

enum state { IDLE, BUSY };

struct live_event {
  __u64 number;
  __u32 length;
  enum state state;
  char word[8];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2);
  __type(key, __u32);
  __type(value, __u64);
} live_counts SEC(".maps");

struct live_place {
  __u32 row;
  char shelf[4];
};

struct live_price {
  __s32 amount;
  enum state state;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4);
  __type(key, struct live_place);
  __type(value, struct live_price);
} live_prices SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} live_per_cpu SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} live_events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
} live_samples SEC(".maps");

// No variable has this type, so its name must be known to the BTF otherwise.
const struct live_event* unused_event;

const volatile __u32 live_step = 3;
__u32 live_limit = 1000;
__s16 live_level = -3;
_Bool live_enabled = 1;
enum state live_state = BUSY;
__u8 live_bytes[4] = {1, 2, 3, 4};
__u64 live_runs;

SEC("xdp")
int live_xdp(struct xdp_md* context) {
  __u32 key = 0;
  __u64* count = bpf_map_lookup_elem(&live_counts, &key);
  if (count)
    __sync_fetch_and_add(count, live_step);
  __sync_fetch_and_add(&live_runs, 1);
  struct live_place place = {.row = 1, .shelf = "x"};
  if (bpf_map_lookup_elem(&live_prices, &place))
    return XDP_DROP;
  if (live_enabled && live_runs % live_limit == 0) {
    struct live_event* event = bpf_ringbuf_reserve(&live_events, sizeof(*event), 0);
    if (event) {
      event->number = live_runs;
      event->length = context->data_end - context->data;
      event->state = live_state;
      __builtin_memcpy(event->word, "packet", 7);
      event->word[7] = 0;
      bpf_ringbuf_submit(event, 0);
    }
  }
  struct live_event sample = {.number = live_runs, .length = 1, .state = IDLE, .word = "sample"};
  bpf_perf_event_output(context, &live_samples, BPF_F_CURRENT_CPU, &sample, sizeof(sample));
  return XDP_PASS;
}

SEC("tc")
int live_tc(struct __sk_buff* context) {
  (void)context;
  return 0;
}

SEC("cgroup_skb/egress")
int live_cgroup(struct __sk_buff* context) {
  (void)context;
  return 1;
}

SEC("raw_tp/sched_process_exec")
int live_tracepoint(void* context) {
  (void)context;
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
