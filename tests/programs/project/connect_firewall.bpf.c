// Decides to which IPv4 addresses the processes of a cgroup may connect: the longest matching
// prefix decides, and what no prefix matches is forbidden.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define REFUSE 0
#define ALLOW 1

struct prefix {
  __u32 bits;
  __u32 address;  // in network order
};

struct rule {
  bool is_allowed;
};

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(max_entries, 256);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct prefix);
  __type(value, struct rule);
} rules SEC(".maps");

__u64 allowed;
__u64 refused;

SEC("cgroup/connect4")
int decide(struct bpf_sock_addr* context) {
  struct prefix whole = {.bits = 32, .address = context->user_ip4};
  struct rule* rule = bpf_map_lookup_elem(&rules, &whole);
  if (rule && rule->is_allowed) {
    __atomic_fetch_add(&allowed, 1, __ATOMIC_RELAXED);
    return ALLOW;
  }
  __atomic_fetch_add(&refused, 1, __ATOMIC_RELAXED);
  return REFUSE;
}
