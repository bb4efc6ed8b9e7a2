// Sleeps and waits at a pipe, and finds both in the profile of its own waits.
#include "off_cpu.skel.hpp"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>

#include "common.hpp"
#include "ebpfkit/kernel_symbols.hpp"

namespace {

constexpr unsigned rounds = 10;
constexpr std::chrono::milliseconds nap(2);

// One thread sleeps before it writes to the pipe, the other one waits for that at the pipe.
void wait_in_two_ways() {
  std::array<int, 2> ends{};
  checked(pipe(ends.data()), "pipe");
  const unique_descriptor reader(ends[0]);
  const unique_descriptor writer(ends[1]);
  std::thread sleeper([&] {
    for (unsigned round = 0; round < rounds; ++round) {
      std::this_thread::sleep_for(nap);
      checked(write(writer.number(), "x", 1), "write");
    }
  });
  char byte = 0;
  for (unsigned round = 0; round < rounds; ++round)
    checked(read(reader.number(), &byte, 1), "read");
  sleeper.join();
}

void profile_own_waits() {
  auto profiler = ebpf::off_cpu::open().value();
  profiler.rodata().watched_process = static_cast<std::uint32_t>(getpid());
  profiler.load().value();
  profiler.attach().value();
  wait_in_two_ways();
  profiler.detach();

  const auto symbols = ebpfkit::kernel_symbols::open().value();
  std::chrono::nanoseconds slept(0);
  std::uint64_t reads = 0;
  for (const auto& [id, total] : profiler.maps().totals.entries().value()) {
    const auto stack = profiler.maps().stacks.find(id).value();
    require(stack.has_value(), "a stack is missing");
    std::string text;
    for (const auto address : *stack) {
      const auto symbol = symbols.find(address);
      text = (symbol ? symbol->name : "?") + ";" + text;
    }
    std::printf("%s %llu\n", text.c_str(), static_cast<unsigned long long>(total.nanoseconds));
    if (text.find("nanosleep") != std::string::npos)
      slept += std::chrono::nanoseconds(total.nanoseconds);
    if (text.find("pipe_read") != std::string::npos)
      reads += total.waits;
  }
  // A thread begins its nap a little before it leaves the CPU.
  require(slept > rounds * nap / 2, "the profile lacks the naps");
  require(reads > 0, "the profile lacks the waits at the pipe");
}

}  // namespace

int main() {
  return run_application(profile_own_waits);
}
