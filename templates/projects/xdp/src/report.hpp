// Counters as text.
#pragma once

#include <cstdint>
#include <string>

#include "packets.skel.hpp"

// Returns the name of a protocol number of IP, or the number.
inline std::string protocol_name(std::uint32_t protocol) {
  switch (protocol) {
    case 0:
      return "other";
    case 1:
      return "ICMP";
    case 6:
      return "TCP";
    case 17:
      return "UDP";
    case 58:
      return "ICMPv6";
    default:
      return "protocol " + std::to_string(protocol);
  }
}

// Returns "TCP: 12 packets, 3456 bytes".
inline std::string report(std::uint32_t protocol, const ebpf::packets::counter& counter) {
  return protocol_name(protocol) + ": " + std::to_string(counter.packets) + " packets, " +
         std::to_string(counter.bytes) + " bytes";
}
