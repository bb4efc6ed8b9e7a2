// THE_NAME FILE-NAME [SECONDS]: forbids removing files of that name meanwhile (default: 10
// seconds).
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <thread>

#include "file_name.hpp"
#include "removal_guard.skel.hpp"

int main(int argc, char** argv) try {
  const std::chrono::seconds duration(argc > 2 ? std::atoi(argv[2]) : 10);
  auto guard = ebpf::removal_guard::open().value();
  if (argc < 2 || !set_file_name(guard.rodata().kept_name, argv[1])) {
    std::cerr << "usage: THE_NAME FILE-NAME [SECONDS]\n";
    return 2;
  }
  guard.load().value();
  const auto link = guard.programs().guard_removal.attach_lsm().value();
  std::this_thread::sleep_for(duration);
  std::cout << guard.bss().refused << " removals of '" << argv[1] << "' were refused\n";
} catch (const std::exception& error) {
  std::cerr << "THE_NAME: " << error.what() << '\n';
  return 1;
}
