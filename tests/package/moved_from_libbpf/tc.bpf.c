#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TC_ACT_OK 0
#define ETH_P_IP 0x0800

unsigned long long packets = 0;

SEC("tc")
int tc_ingress(struct __sk_buff* ctx) {
  void* data_end = (void*)(__u64)ctx->data_end;
  void* data = (void*)(__u64)ctx->data;
  struct ethhdr* ethernet = data;
  struct iphdr* ip;

  if (ctx->protocol != bpf_htons(ETH_P_IP))
    return TC_ACT_OK;
  if ((void*)(ethernet + 1) > data_end)
    return TC_ACT_OK;
  ip = (struct iphdr*)(ethernet + 1);
  if ((void*)(ip + 1) > data_end)
    return TC_ACT_OK;
  __sync_fetch_and_add(&packets, 1);
  return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
