#include <memory>
#include <string>
#include <utility>

#include <THE_NAME/packet_counter.hpp>

#include "packets.skel.hpp"

namespace THE_NAME {

struct packet_counter::state {
  bpf::packets packets;
  ebpfkit::link link;
};

packet_counter::packet_counter(const std::string& network_interface) {
  auto packets = bpf::packets::open_and_load().value();
  auto link = packets.programs().count_packets.attach_xdp(network_interface).value();
  state_ = std::make_unique<state>(state{std::move(packets), std::move(link)});
}

packet_counter::~packet_counter() = default;
packet_counter::packet_counter(packet_counter&&) noexcept = default;
packet_counter& packet_counter::operator=(packet_counter&&) noexcept = default;

packet_total packet_counter::total() const {
  packet_total sum;
  const auto one_per_cpu = state_->packets.maps().counters.find(0).value();
  for (const auto& counter : *one_per_cpu) {
    sum.packets += counter.packets;
    sum.bytes += counter.bytes;
  }
  return sum;
}

}  // namespace THE_NAME
