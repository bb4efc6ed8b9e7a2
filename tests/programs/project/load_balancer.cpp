// Sends packets of many clients to a load balancer, and counts what arrives at its backends.
#include "load_balancer.skel.hpp"

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "common.hpp"

namespace {

using balancer = ebpf::load_balancer;
using packet = std::array<unsigned char, 60>;

constexpr std::uint32_t backend_count = 2;
constexpr unsigned client_count = 64;

// Sends from the interface as it is: an Ethernet header, IPv4 without options, and UDP or another
// protocol.
packet packet_of(std::uint8_t protocol, std::uint16_t source_port) {
  packet bytes{};
  std::memset(bytes.data(), 0xff, 6);  // to everybody
  bytes[6] = 2;                        // from a locally administered address
  bytes[12] = 0x08;                    // IPv4
  bytes[14] = 0x45;
  bytes[17] = 46;  // bytes from the IP header on
  bytes[22] = 64;
  bytes[23] = protocol;
  bytes[26] = 10;  // from 10.0.0.1
  bytes[29] = 1;
  bytes[34] = static_cast<unsigned char>(source_port >> 8);
  bytes[35] = static_cast<unsigned char>(source_port);
  return bytes;
}

void send_packet(const unique_descriptor& socket, unsigned interface, const packet& bytes) {
  sockaddr_ll place{};
  place.sll_family = AF_PACKET;
  place.sll_ifindex = static_cast<int>(interface);
  place.sll_halen = ETH_ALEN;
  checked(sendto(socket.number(), bytes.data(), bytes.size(), 0,
                 reinterpret_cast<const sockaddr*>(&place), sizeof(place)),
          "sendto");
}

void make_cable(const std::string& near, const std::string& far) {
  run_command("ip link add " + near + " type veth peer name " + far);
  run_command("ip link set " + near + " up");
  run_command("ip link set " + far + " up");
}

std::uint64_t arrivals_of(balancer& opened, std::uint32_t interface) {
  return opened.maps().arrivals.find(interface).value().value();
}

void balance_own_packets() {
  enter_own_network();
  make_cable("inside", "outside");
  auto opened = balancer::open().value();
  opened.rodata().backend_count = backend_count;
  opened.load().value();
  auto programs = opened.programs();
  auto maps = opened.maps();
  maps.protocols.set(IPPROTO_UDP, programs.balance_udp).value();

  std::vector<ebpfkit::link> links;
  std::array<std::uint32_t, backend_count> servers{};
  for (std::uint32_t backend = 0; backend < backend_count; ++backend) {
    const auto port = "port" + std::to_string(backend);
    const auto server = "server" + std::to_string(backend);
    make_cable(port, server);
    servers[backend] = if_nametoindex(server.c_str());
    maps.arrivals.update(servers[backend], 0).value();
    maps.backends.set(backend, port).value();
    balancer::mac_address address{};
    address.bytes[0] = 2;
    address.bytes[5] = static_cast<std::uint8_t>(backend);
    maps.backend_addresses.update(backend, address).value();
    links.push_back(programs.count_arrival.attach_xdp(server).value());
  }
  links.push_back(programs.choose_protocol.attach_xdp("inside").value());

  const unique_descriptor socket(
      static_cast<int>(checked(::socket(AF_PACKET, SOCK_RAW, htons(ETH_P_IP)), "socket")));
  const auto outside = if_nametoindex("outside");
  for (std::uint16_t client = 0; client < client_count; ++client) {
    send_packet(socket, outside, packet_of(IPPROTO_UDP, static_cast<std::uint16_t>(1024 + client)));
    send_packet(socket, outside, packet_of(IPPROTO_ICMP, client));
  }

  // The kernel passes packets on after sendto() has returned.
  std::uint64_t arrived = 0;
  for (unsigned look = 0; look < 2000 && arrived < client_count; ++look) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    arrived = 0;
    for (const auto server : servers)
      arrived += arrivals_of(opened, server);
  }
  for (const auto server : servers) {
    std::printf("interface %u: %llu packets\n", server,
                static_cast<unsigned long long>(arrivals_of(opened, server)));
    require(arrivals_of(opened, server) > client_count / backend_count / 2,
            "a backend got too few packets");
  }
  require(arrived == client_count, "another number of packets arrived than UDP packets were sent");
}

}  // namespace

int main() {
  return run_application(balance_own_packets);
}
