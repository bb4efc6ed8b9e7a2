#include "vmlinux.h"
#include <linux/in.h>
#include <bpf/bpf_helpers.h>

SEC("socket")
int port(struct __sk_buff* packet) {
  struct sockaddr_in address = {};
  return packet->protocol == IPPROTO_UDP ? address.sin_port : 0;
}
