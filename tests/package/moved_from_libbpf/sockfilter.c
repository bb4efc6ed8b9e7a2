#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_packet.h>
#include <unistd.h>

#include "sockfilter.skel.h"

// Sends one datagram to nobody on the loopback interface.
static int send_datagram(void) {
  struct sockaddr_in address;
  int sender = socket(AF_INET, SOCK_DGRAM, 0);
  int failed;

  memset(&address, 0, sizeof(address));
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  failed = sendto(sender, "x", 1, 0, (struct sockaddr*)&address, sizeof(address)) != 1;
  close(sender);
  return failed;
}

int main(void) {
  const __u32 udp = IPPROTO_UDP;
  __u64 count = 0;
  struct sockaddr_ll loopback;
  struct sockfilter_bpf* skel = sockfilter_bpf__open_and_load();
  int packets = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
  int program = skel ? bpf_program__fd(skel->progs.count_packets) : -1;
  int failed;

  memset(&loopback, 0, sizeof(loopback));
  loopback.sll_family = AF_PACKET;
  loopback.sll_protocol = htons(ETH_P_ALL);
  loopback.sll_ifindex = (int)if_nametoindex("lo");
  failed = !skel || bind(packets, (struct sockaddr*)&loopback, sizeof(loopback)) ||
           setsockopt(packets, SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof(program)) ||
           send_datagram() ||
           bpf_map__lookup_elem(skel->maps.packets_by_protocol, &udp, sizeof(udp), &count,
                                sizeof(count), 0);
  printf("%s\n", count > 0 ? "seen" : "nothing");
  close(packets);
  sockfilter_bpf__destroy(skel);
  return failed;
}
