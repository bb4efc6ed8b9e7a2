#ifdef WITH_UAPI_HEADERS
#include <linux/bpf.h>
#else
#include "vmlinux.h"
#endif
#include <bpf/bpf_helpers.h>
#include <ebpfkit/lost_records.h>

struct event {
  __u64 number;
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");
EBPFKIT_RECORD_COUNTS(event_counts, 1);

SEC("xdp")
int sends(struct xdp_md* frame) {
  struct event* record = ebpfkit_reserve(&events, &event_counts, 0, sizeof(*record));
  if (record) {
    record->number = 7;
    bpf_ringbuf_submit(record, 0);
  }
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
