// Counts connections over IPv4 by the port that they go to.
// The context has the same layout on all kernels. So its type comes from the installed headers, and
// the program needs no BTF: it runs on routers, too. For types of the kernel itself, include
// "vmlinux.h" in place of <linux/bpf.h>.
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 65536);
  __type(key, __u16);
  __type(value, __u64);
} ports SEC(".maps");

SEC("cgroup/connect4")
int on_connect(struct bpf_sock_addr* address) {
  __u16 port = bpf_ntohs((__u16)address->user_port);
  __u64 none = 0;
  bpf_map_update_elem(&ports, &port, &none, BPF_NOEXIST);
  __u64* count = bpf_map_lookup_elem(&ports, &port);
  if (count)
    __atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
  return 1;  // 0 would refuse the connection
}
