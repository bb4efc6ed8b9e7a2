/* Errors that people ask about, each with the usual mistake. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct event {
  int process;
  char path[64];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8);
  __type(key, struct event);
  __type(value, long);
} by_event SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, int);
  __type(value, long[8]);
} rows SEC(".maps");

long table[16];

/* The IPv4 header has a length of its own: what follows it was not compared. */
SEC("xdp")
int header_options(struct xdp_md* context) {
  void* data = (void*)(long)context->data;
  void* end = (void*)(long)context->data_end;
  struct iphdr* ip = data + sizeof(struct ethhdr);
  if ((void*)(ip + 1) > end)
    return XDP_PASS;
  struct tcphdr* tcp = (void*)ip + ip->ihl * 4;
  return tcp->dest == 80 ? XDP_DROP : XDP_PASS;
}

/* Compares the wrong header. */
SEC("xdp")
int half_checked(struct xdp_md* context) {
  struct ethhdr* frame = (void*)(long)context->data;
  struct iphdr* ip = (void*)(frame + 1);
  if ((void*)(frame + 1) > (void*)(long)context->data_end)
    return XDP_PASS;
  return ip->protocol == 6 ? XDP_DROP : XDP_PASS;
}

/* A helper moved the packet. */
SEC("xdp")
int stale_packet(struct xdp_md* context) {
  struct ethhdr* frame = (void*)(long)context->data;
  if ((void*)(frame + 1) > (void*)(long)context->data_end)
    return XDP_PASS;
  if (bpf_xdp_adjust_head(context, -4))
    return XDP_DROP;
  frame->h_proto = 0;
  return XDP_PASS;
}

/* Uses what it gave back. */
SEC("tracepoint/sched/sched_switch")
int released_record(void* context) {
  struct event* event = bpf_ringbuf_reserve(&events, sizeof *event, 0);
  if (!event)
    return 0;
  bpf_ringbuf_submit(event, 0);
  event->process = 1;
  return 0;
}

/* The record's size is no constant. */
SEC("tc")
int reserved_size(struct __sk_buff* packet) {
  void* event = bpf_ringbuf_reserve(&events, packet->len & 63, 0);
  if (event)
    bpf_ringbuf_discard(event, 0);
  return 0;
}

/* The key is smaller than the map's. */
SEC("xdp")
int small_key(struct xdp_md* context) {
  int key = 1;
  return bpf_map_lookup_elem(&by_event, &key) ? XDP_PASS : XDP_DROP;
}

/* > instead of >=. */
SEC("xdp")
int one_too_far(struct xdp_md* context) {
  unsigned index = context->rx_queue_index;
  if (index > 16)
    return XDP_PASS;
  table[index]++;
  return XDP_PASS;
}

/* A signed index has no lower limit. */
SEC("xdp")
int signed_index(struct xdp_md* context) {
  int key = 0;
  long* row = bpf_map_lookup_elem(&rows, &key);
  if (!row)
    return XDP_PASS;
  long index = bpf_ktime_get_ns();
  if (index < 8)
    row[index]++;
  return XDP_PASS;
}

/* The size is limited, but larger than the value. */
SEC("tc")
int copied_too_much(struct __sk_buff* packet) {
  int key = 0;
  long* row = bpf_map_lookup_elem(&rows, &key);
  if (!row)
    return 0;
  unsigned long size = (packet->len & 127) + 1;
  return bpf_skb_load_bytes(packet, 0, row, size);
}

/* A tail call through a map that is no program array. */
SEC("xdp")
int tail_call_map(struct xdp_md* context) {
  bpf_tail_call(context, &rows, 0);
  return XDP_PASS;
}

/* The index goes beyond the array on the stack. */
SEC("tc")
int stack_index(struct __sk_buff* packet) {
  volatile char text[32] = "";
  return text[packet->len & 63];
}
