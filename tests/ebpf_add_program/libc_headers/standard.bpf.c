#include <linux/bpf.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <bpf/bpf_helpers.h>

uint64_t packets;
#ifdef STUBS_OF_THE_MACHINE
uint64_t has_stubs_of_the_machine;
#endif

SEC("xdp")
int count_packets(struct xdp_md* context) {
  packets++;
  return context->data == context->data_end ? -EINVAL : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
