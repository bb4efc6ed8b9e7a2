// Frames of every protocol, sent raw through one end of a veth pair and counted at the other.
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <thread>
#include <vector>

#include "netlink.hpp"
#include "packet_monitor.hpp"
#include "self_test.hpp"
#include "unique_fd.hpp"

namespace kernel_watch {
namespace {

using frame = std::vector<std::uint8_t>;

void append_big_endian(frame& bytes, unsigned value) {
  bytes.push_back(static_cast<std::uint8_t>(value >> 8));
  bytes.push_back(static_cast<std::uint8_t>(value));
}

// An Ethernet header whose type field, after any VLAN tags, is the last of `types`. The addresses
// are locally administered and belong to nobody. So the stack drops what the program passes on, and
// does not answer.
frame ethernet(std::initializer_list<unsigned> types) {
  frame result = {0x02, 0, 0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0x02};
  for (const unsigned type : types) {
    append_big_endian(result, type);
    if (type == ETH_P_8021Q || type == ETH_P_8021AD)
      append_big_endian(result, /*VLAN number=*/7);
  }
  return result;
}

// The header is 20 bytes long and holds what the program looks at. It has no checksum.
frame ipv4(frame result, unsigned protocol, std::size_t payload) {
  std::array<std::uint8_t, 20> header{};
  header[0] = 0x45;  // version 4, 5 words
  header[9] = static_cast<std::uint8_t>(protocol);
  result.insert(result.end(), header.begin(), header.end());
  result.resize(result.size() + payload);
  return result;
}

// `next` holds the numbers of the headers, in their order. All but the last are extension headers
// of 8 bytes.
frame ipv6(frame result, std::initializer_list<unsigned> next, std::size_t payload) {
  std::array<std::uint8_t, 40> header{};
  header[0] = 0x60;  // version 6
  auto number = next.begin();
  header[6] = static_cast<std::uint8_t>(*number);
  result.insert(result.end(), header.begin(), header.end());
  while (++number != next.end()) {
    result.push_back(static_cast<std::uint8_t>(*number));
    result.resize(result.size() + 7);
  }
  result.resize(result.size() + payload);
  return result;
}

frame with_payload(frame result, std::size_t payload) {
  result.resize(result.size() + payload);
  return result;
}

struct traffic {
  packets::protocol protocol;
  unsigned count;
  frame bytes;
};

// 247 frames: fewer than the 256 that a veth queue holds (VETH_RING_SIZE in the kernel's veth.c),
// so that none is lost however late the receiving side runs.
std::vector<traffic> all_traffic() {
  using enum packets::protocol;
  return {
      {PROTOCOL_TCP, 60, ipv4(ethernet({ETH_P_IP}), IPPROTO_TCP, 20)},
      {PROTOCOL_TCP, 7, ipv6(ethernet({ETH_P_IPV6}), {IPPROTO_TCP}, 333)},
      {PROTOCOL_TCP, 5, ipv4(ethernet({ETH_P_8021AD, ETH_P_8021Q, ETH_P_IP}), IPPROTO_TCP, 100)},
      {PROTOCOL_UDP, 50, ipv4(ethernet({ETH_P_IP}), IPPROTO_UDP, 8)},
      {PROTOCOL_UDP, 11, ipv6(ethernet({ETH_P_8021Q, ETH_P_IPV6}), {IPPROTO_UDP}, 700)},
      {PROTOCOL_ICMP, 40, ipv4(ethernet({ETH_P_IP}), IPPROTO_ICMP, 64)},
      {PROTOCOL_ICMPV6, 20, ipv6(ethernet({ETH_P_IPV6}), {IPPROTO_ICMPV6}, 32)},
      {PROTOCOL_ICMPV6, 9,
       ipv6(ethernet({ETH_P_IPV6}), {IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ICMPV6}, 28)},
      {PROTOCOL_ARP, 30, with_payload(ethernet({ETH_P_ARP}), 28)},
      {PROTOCOL_OTHER, 8, ipv4(ethernet({ETH_P_IP}), IPPROTO_SCTP, 12)},
      {PROTOCOL_OTHER, 4, with_payload(ethernet({ETH_P_LLDP}), 46)},
      {PROTOCOL_OTHER, 3, with_payload(ethernet({ETH_P_IPV6}), 39)},  // cut off
  };
}

// Sends the frames in turns of one each, and returns their sums.
packet_totals send_all(unsigned interface_index) {
  const unique_fd socket(check_call(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), "socket"));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(interface_index);
  check_call(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
             "bind the packet socket");

  packet_totals sent{};
  std::vector<traffic> waiting = all_traffic();
  for (bool sent_any = true; sent_any;) {
    sent_any = false;
    for (traffic& kind : waiting) {
      if (kind.count == 0)
        continue;
      check_call(send(socket.get(), kind.bytes.data(), kind.bytes.size(), 0), "send a frame");
      --kind.count;
      sent_any = true;
      packets::counter& total = sent[static_cast<std::size_t>(kind.protocol)];
      ++total.packets;
      total.bytes += kind.bytes.size();
    }
  }
  return sent;
}

// Waits until the monitor has counted `packet_count` or more, or for some seconds. Then waits a
// moment, in which packets that nobody sent would arrive. Returns the counts.
packet_totals counted_after(packet_monitor& monitor, std::uint64_t packet_count) {
  using namespace std::chrono_literals;
  const auto deadline = std::chrono::steady_clock::now() + 5s;
  while (sum(monitor.totals()).packets < packet_count &&
         std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(10ms);
  std::this_thread::sleep_for(200ms);
  return monitor.totals();
}

unsigned index_of(const std::string& name) {
  const unsigned index = if_nametoindex(name.c_str());
  if (index == 0)
    throw_errno("find the interface " + name);
  return index;
}

}  // namespace

void test_packets(check_list& checks) {
  // IPv6 needs an MTU of 1280 (RFC 8200) and leaves an interface with less alone: no neighbour
  // discovery or listener report mixes with the frames that are counted. IPv4 has no address.
  constexpr std::uint32_t mtu_without_ipv6 = 1279;
  create_veth_pair("watch-send", "watch-receive", mtu_without_ipv6);
  const unsigned sender = index_of("watch-send");
  const unsigned receiver = index_of("watch-receive");

  std::vector<std::uint32_t> program_ids;
  {
    packet_monitor monitor(receiver);
    program_ids = {monitor.program_id()};
    // Switch the receiver on first. The sender then has a carrier at once and can send.
    set_interface_up(receiver);
    set_interface_up(sender);
    const packet_totals sent = send_all(sender);
    const packet_totals counted = counted_after(monitor, sum(sent).packets);
    for (std::size_t i = 0; i < protocol_count; ++i) {
      const std::string name(protocol_names[i]);
      checks.compare("packets: " + name + " packets", sent[i].packets, counted[i].packets);
      checks.compare("packets: " + name + " bytes", sent[i].bytes, counted[i].bytes);
    }
  }
  test_unloaded(checks, "packets: programs left", program_ids);
}

}  // namespace kernel_watch
