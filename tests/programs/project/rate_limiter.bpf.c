// Limits the bytes that UDP ports receive: each port has a bucket, which fills at a steady rate,
// and a packet passes when the bucket has a token for each of its bytes.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define NANOSECONDS_PER_SECOND 1000000000ull

struct bucket {
  struct bpf_spin_lock lock;
  __u32 size;    // bytes
  __u64 rate;    // bytes a second
  __u64 tokens;  // bytes times NANOSECONDS_PER_SECOND
  __u64 filled;  // when, in nanoseconds since the system started
  __u64 passed;  // packets
  __u64 dropped;
};

// By port.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256);
  __type(key, __u16);
  __type(value, struct bucket);
} buckets SEC(".maps");

// The caller holds the lock.
static __always_inline bool take(struct bucket* bucket, __u64 now, __u64 bytes) {
  const __u64 full = bucket->size * NANOSECONDS_PER_SECOND;
  // How long an empty bucket fills: a shorter time gives no product that is too large for 64 bits.
  const __u64 filling = bucket->rate ? full / bucket->rate : ~0ull;
  const __u64 elapsed = now > bucket->filled ? now - bucket->filled : 0;
  bucket->filled = now;
  bucket->tokens += elapsed < filling ? elapsed * bucket->rate : full;
  if (bucket->tokens > full)
    bucket->tokens = full;
  if (bucket->tokens < bytes * NANOSECONDS_PER_SECOND) {
    bucket->dropped++;
    return false;
  }
  bucket->tokens -= bytes * NANOSECONDS_PER_SECOND;
  bucket->passed++;
  return true;
}

SEC("tc")
int limit(struct __sk_buff* packet) {
  struct ethhdr* ethernet = (void*)(long)packet->data;
  struct iphdr* ip = (void*)(ethernet + 1);
  struct udphdr* udp = (void*)(ip + 1);
  if ((void*)(udp + 1) > (void*)(long)packet->data_end)
    return TC_ACT_OK;
  if (ethernet->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 || ip->protocol != IPPROTO_UDP)
    return TC_ACT_OK;
  const __u16 port = bpf_ntohs(udp->dest);
  struct bucket* bucket = bpf_map_lookup_elem(&buckets, &port);
  if (!bucket)
    return TC_ACT_OK;
  const __u64 now = bpf_ktime_get_ns();
  bpf_spin_lock(&bucket->lock);
  const bool passes = take(bucket, now, packet->len);
  bpf_spin_unlock(&bucket->lock);
  return passes ? TC_ACT_OK : TC_ACT_SHOT;
}
