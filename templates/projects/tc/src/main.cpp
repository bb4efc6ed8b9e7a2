// THE_NAME INTERFACE PORT [SECONDS]: lets no packets of UDP and TCP out to the port meanwhile
// (default: 10 seconds).
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <thread>

#include "port.hpp"
#include "port_guard.skel.hpp"

int main(int argc, char** argv) try {
  const auto port = argc > 2 ? port_of(argv[2]) : std::nullopt;
  if (!port) {
    std::cerr << "usage: THE_NAME INTERFACE PORT [SECONDS]\n";
    return 2;
  }
  const std::chrono::seconds duration(argc > 3 ? std::atoi(argv[3]) : 10);
  auto guard = ebpf::port_guard::open().value();
  guard.rodata().blocked_port = *port;
  guard.load().value();
  const auto link =
      guard.programs().guard_port.attach_tc(argv[1], ebpfkit::tc_direction::egress).value();
  std::this_thread::sleep_for(duration);
  std::cout << guard.bss().dropped << " packets to port " << *port << " were dropped\n";
} catch (const std::exception& error) {
  std::cerr << "THE_NAME: " << error.what() << '\n';
  return 1;
}
