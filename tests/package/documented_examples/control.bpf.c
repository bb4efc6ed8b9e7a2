// A TCP congestion control that does nothing.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("struct_ops/threshold")
u32 threshold(u64* context) {
  return 2;
}

SEC("struct_ops/avoid")
void avoid(u64* context) {}

SEC("struct_ops/undo")
u32 undo(u64* context) {
  return 2;
}

SEC("struct_ops/undo_half")
u32 undo_half(u64* context) {
  return 1;
}

SEC(".struct_ops")
struct tcp_congestion_ops control = {
    .ssthresh = (void*)threshold,
    .cong_avoid = (void*)avoid,
    .undo_cwnd = (void*)undo,
    .name = "documented",
};

char LICENSE[] SEC("license") = "GPL";
