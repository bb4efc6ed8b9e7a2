// The BPF program `packets` on one interface.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <ebpfkit/link.hpp>
#include <string_view>

#include "packets.skel.hpp"

namespace kernel_watch {

using ebpf::packets;

constexpr std::size_t protocol_count = static_cast<std::size_t>(packets::protocol::PROTOCOL_COUNT);

// Names in the order of packets::protocol, as tables and JSON show them.
constexpr std::array<std::string_view, protocol_count> protocol_names = {"tcp",    "udp", "icmp",
                                                                         "icmpv6", "arp", "other"};

// Sums over all CPUs, indexed by packets::protocol.
using packet_totals = std::array<packets::counter, protocol_count>;

packets::counter sum(const packet_totals& totals);

// Counts what the interface receives while the object lives.
class packet_monitor {
 public:
  // Loads the program and attaches it to the interface with this index (of the calling thread's
  // network namespace). It runs in the driver if the driver supports that, else in the network
  // stack. Throws ebpfkit::exception.
  explicit packet_monitor(unsigned interface_index);

  // The counts since the constructor. Throws ebpfkit::exception.
  packet_totals totals();

  // The kernel's number for the loaded program.
  std::uint32_t program_id();

 private:
  packets program_;
  ebpfkit::link link_;
};

}  // namespace kernel_watch
