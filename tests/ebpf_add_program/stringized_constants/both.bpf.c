#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

// A table of constants and their names.
#define PROTOCOLS(apply) apply(ETH_P_ARP) apply(ETH_P_IPV6)
#define ROW(name) {name, #name},

static const struct {
  __u32 value;
  char name[12];
} rows[] = {PROTOCOLS(ROW)};

_Static_assert(sizeof(rows) == 32, "");

SEC("tc")
int find(struct __sk_buff* skb) {
  for (int i = 0; i < 2; ++i) {
    if (skb->protocol == bpf_htons(rows[i].value))
      return rows[i].name[6];
  }
  return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
