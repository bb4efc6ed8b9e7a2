#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>

#include "prog.skel.hpp"

int used_function();

int main() try {
  auto prog = ebpf::prog::open().value();
  prog.rodata().wanted_call = SYS_getppid;
  prog.load().value();

  // An exception of the application passes functions of the runtime.
  prog.maps().counts.update(1, 2).value();
  try {
    prog.maps()
        .counts.for_each([](const auto&, const auto&) { throw std::runtime_error("map"); })
        .value();
  } catch (const std::runtime_error& problem) {
    std::printf("thrown: %s\n", problem.what());
  }
  auto events = prog.maps()
                    .events
                    .subscribe<ebpf::prog::event>(
                        [](const ebpf::prog::event&) { throw std::runtime_error("ring buffer"); })
                    .value();
  prog.attach().value();
  syscall(SYS_getppid);
  try {
    events.poll(std::chrono::milliseconds(1000)).value();
  } catch (const std::runtime_error& problem) {
    std::printf("thrown: %s\n", problem.what());
  }
  prog.detach();

  // value() throws, although the runtime's own code does without exceptions.
  try {
    for (unsigned key = 0; key <= 16; ++key)  // one more than the map can have
      prog.maps().counts.update(key, 1).value();
  } catch (const ebpfkit::exception& problem) {
    std::printf("thrown: %s\n", problem.details().object.c_str());
  }
  return used_function();
} catch (const std::exception& problem) {
  std::fprintf(stderr, "%s\n", problem.what());
  return 1;
}
