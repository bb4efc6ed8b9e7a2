// Counts packets and their bytes.
// The context has the same layout on all kernels. So its type comes from the installed headers, and
// the program needs no BTF: it runs on routers, too. For types of the kernel itself, include
// "vmlinux.h" in place of <linux/bpf.h>.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct counter {
  __u64 packets;
  __u64 bytes;
};

// Every CPU has its own copy, so no update has to be atomic.
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct counter);
} counters SEC(".maps");

SEC("xdp")
int count_packets(struct xdp_md* context) {
  __u32 only = 0;
  struct counter* counter = bpf_map_lookup_elem(&counters, &only);
  if (counter) {
    counter->packets++;
    counter->bytes += context->data_end - context->data;
  }
  return XDP_PASS;
}
