// Sends an event for each TCP connection that a process opens over IPv4.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

struct connection {
  __u32 process;
  __u32 address;  // as in the packet: the first byte first
  __u16 port;
};
// Keeps the type in the object, so that the application gets it.
const struct connection* unused_connection __attribute__((unused));

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 256 * 1024);
} connections SEC(".maps");

__u64 lost;  // events for which the buffer had no space

SEC("fentry/tcp_connect")
int BPF_PROG(on_connect, struct sock* sock) {
  if (sock->__sk_common.skc_family != AF_INET)
    return 0;
  struct connection* connection = bpf_ringbuf_reserve(&connections, sizeof(*connection), 0);
  if (!connection) {
    __atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
    return 0;
  }
  connection->process = bpf_get_current_pid_tgid() >> 32;
  connection->address = sock->__sk_common.skc_daddr;
  connection->port = bpf_ntohs(sock->__sk_common.skc_dport);
  bpf_ringbuf_submit(connection, 0);
  return 0;
}
