// THE_NAME INTERFACE [SECONDS]: counts the packets that the interface receives meanwhile (default:
// 10 seconds), by protocol.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <thread>

#include "packets.skel.hpp"
#include "report.hpp"

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::cerr << "usage: THE_NAME INTERFACE [SECONDS]\n";
    return 2;
  }
  const std::chrono::seconds duration(argc > 2 ? std::atoi(argv[2]) : 10);
  auto packets = ebpf::packets::open_and_load().value();
  const auto link = packets.programs().count_packets.attach_xdp(argv[1]).value();
  std::this_thread::sleep_for(duration);
  for (const auto& [protocol, one_per_cpu] : packets.maps().counters.entries().value()) {
    ebpf::packets::counter sum{};
    for (const auto& counter : one_per_cpu) {
      sum.packets += counter.packets;
      sum.bytes += counter.bytes;
    }
    if (sum.packets != 0)
      std::cout << report(protocol, sum) << '\n';
  }
} catch (const std::exception& error) {
  std::cerr << "THE_NAME: " << error.what() << '\n';
  return 1;
}
