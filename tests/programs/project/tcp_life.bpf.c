// Reports each TCP connection of one port when it ends: how long it lived and how much it received.
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

// The application sets it before it loads the program.
const volatile __u16 watched_port = 0;

struct connection {
  __u64 nanoseconds;
  __u64 received;  // bytes; the end of the other side's stream counts as one more
  __u16 local_port;
  __u16 remote_port;
};

// When a socket began to connect, by the socket's address in the kernel.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64);
  __type(value, __u64);
} begins SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 64 * 1024);
} ended SEC(".maps");

// The application reads records of this type.
const struct connection* connection_in_btf __attribute__((unused));

__u64 lost;

// skc_num has the same port, but it becomes 0 before a connection ends.
static __always_inline __u16 local_port(struct sock* socket) {
  return bpf_ntohs(BPF_CORE_READ((struct inet_sock*)socket, inet_sport));
}

static __always_inline __u16 remote_port(struct sock* socket) {
  return bpf_ntohs(BPF_CORE_READ(socket, __sk_common.skc_dport));
}

static __always_inline void report(struct sock* socket, __u64 lifetime) {
  struct connection* record = bpf_ringbuf_reserve(&ended, sizeof(*record), 0);
  if (!record) {
    __atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
    return;
  }
  record->nanoseconds = lifetime;
  record->received = BPF_CORE_READ((struct tcp_sock*)socket, bytes_received);
  record->local_port = local_port(socket);
  record->remote_port = remote_port(socket);
  bpf_ringbuf_submit(record, 0);
}

SEC("raw_tp/inet_sock_set_state")
int BPF_PROG(on_state, struct sock* socket, int old_state, int new_state) {
  if (local_port(socket) != watched_port && remote_port(socket) != watched_port)
    return 0;
  const __u64 key = (__u64)socket;
  const __u64 now = bpf_ktime_get_ns();
  if (new_state == TCP_SYN_SENT || new_state == TCP_SYN_RECV)
    bpf_map_update_elem(&begins, &key, &now, BPF_ANY);
  if (new_state != TCP_CLOSE)
    return 0;
  __u64* begin = bpf_map_lookup_elem(&begins, &key);
  if (begin) {  // a socket that listens has none
    report(socket, now - *begin);
    bpf_map_delete_elem(&begins, &key);
  }
  return 0;
}
