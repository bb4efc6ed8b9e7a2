#include <bpf/libbpf.h>
#include <stdio.h>

#include "packets.skel.h"

#ifndef BY_SDK
#error "The SDK's flags are missing."
#endif

int main(void) {
  struct packets_bpf* packets = packets_bpf__open();
  if (!packets)
    return 1;
  printf("opened %s\n", bpf_program__name(packets->progs.count_packets));
  packets_bpf__destroy(packets);
  return 0;
}
