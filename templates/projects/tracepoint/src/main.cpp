// THE_NAME [SECONDS]: prints each program that a process starts meanwhile (default: 10 seconds).
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "event_text.hpp"
#include "execs.skel.hpp"

int main(int argc, char** argv) try {
  const std::chrono::seconds duration(argc > 1 ? std::atoi(argv[1]) : 10);
  auto execs = ebpf::execs::open_and_load().value();
  auto events = execs.maps()
                    .events
                    .subscribe<ebpf::execs::event>([](const ebpf::execs::event& event) {
                      std::cout << event_text(event) << std::endl;
                    })
                    .value();
  execs.attach().value();
  const auto end = std::chrono::steady_clock::now() + duration;
  while (std::chrono::steady_clock::now() < end)
    events.poll(std::chrono::milliseconds(100)).value();
  if (execs.bss().lost != 0)
    std::cerr << "THE_NAME: " << execs.bss().lost << " events were lost\n";
} catch (const std::exception& error) {
  std::cerr << "THE_NAME: " << error.what() << '\n';
  return 1;
}
