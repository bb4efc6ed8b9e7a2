// THE_NAME [SECONDS]: prints each TCP connection that a process opens meanwhile (default: 10
// seconds).
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "address.hpp"
#include "connections.skel.hpp"

int main(int argc, char** argv) try {
  const std::chrono::seconds duration(argc > 1 ? std::atoi(argv[1]) : 10);
  auto object = ebpf::connections::open_and_load().value();
  auto connections = object.maps()
                         .connections
                         .subscribe<ebpf::connections::connection>(
                             [](const ebpf::connections::connection& connection) {
                               std::cout << "process " << connection.process << " to "
                                         << address_of(connection) << std::endl;
                             })
                         .value();
  object.attach().value();
  const auto end = std::chrono::steady_clock::now() + duration;
  while (std::chrono::steady_clock::now() < end)
    connections.poll(std::chrono::milliseconds(100)).value();
  if (object.bss().lost != 0)
    std::cerr << "THE_NAME: " << object.bss().lost << " events were lost\n";
} catch (const std::exception& error) {
  std::cerr << "THE_NAME: " << error.what() << '\n';
  return 1;
}
