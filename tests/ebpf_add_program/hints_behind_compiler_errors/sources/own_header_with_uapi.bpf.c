#include "vmlinux.h"
#include "own.h"

int protocol(struct __sk_buff* packet) {
  return packet->protocol == IPPROTO_UDP;
}
