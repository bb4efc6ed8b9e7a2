// THE_NAME CGROUP [SECONDS]: counts the connections of the processes in the control group meanwhile
// (default: 10 seconds). CGROUP is a directory of cgroup v2.
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <thread>

#include "connects.skel.hpp"
#include "port_counts.hpp"

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::cerr << "usage: THE_NAME CGROUP [SECONDS]\n";
    return 2;
  }
  const std::chrono::seconds duration(argc > 2 ? std::atoi(argv[2]) : 10);
  auto connects = ebpf::connects::open_and_load().value();
  const auto link = connects.programs().on_connect.attach_cgroup(argv[1]).value();
  std::this_thread::sleep_for(duration);
  std::cout << port_counts(connects.maps().ports.entries().value());
} catch (const std::exception& error) {
  std::cerr << "THE_NAME: " << error.what() << '\n';
  return 1;
}
