// Makes system calls that return at once and calls that sleep, and looks at their histograms.
#include "syscall_latency.skel.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <numeric>
#include <thread>

#include "common.hpp"

namespace {

using histogram = ebpf::syscall_latency::histogram;

std::uint64_t calls_of(const histogram& counted, std::size_t from_slot = 0) {
  return std::accumulate(std::begin(counted.slots) + from_slot, std::end(counted.slots),
                         std::uint64_t{0});
}

void print(std::uint64_t number, const histogram& counted) {
  std::printf("system call %llu\n", static_cast<unsigned long long>(number));
  unsigned slot = 0;
  for (const auto calls : counted.slots) {
    if (calls)
      std::printf("  from %llu ns: %llu\n", 1ull << slot, static_cast<unsigned long long>(calls));
    ++slot;
  }
}

void watch_own_calls() {
  constexpr unsigned quick_calls = 200;
  constexpr unsigned slow_calls = 10;
  constexpr unsigned slot_of_a_millisecond = 19;  // 2^19 ns is 0.52 ms

  auto latency = ebpf::syscall_latency::open().value();
  latency.rodata().watched_process = static_cast<std::uint32_t>(getpid());
  latency.load().value();
  latency.attach().value();
  for (unsigned call = 0; call < quick_calls; ++call)
    syscall(SYS_getppid);
  for (unsigned call = 0; call < slow_calls; ++call)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  latency.detach();

  for (const auto& [number, counted] : latency.maps().histograms.entries().value())
    print(number, counted);
  const auto quick = latency.maps().histograms.find(SYS_getppid).value();
  require(quick && calls_of(*quick) == quick_calls, "not all calls of getppid were counted");
  const auto slow = latency.maps().histograms.find(SYS_clock_nanosleep).value();
  require(slow && calls_of(*slow) == slow_calls, "not all calls of clock_nanosleep were counted");
  require(calls_of(*slow, slot_of_a_millisecond) == slow_calls, "a call slept for too short");
}

}  // namespace

int main() {
  return run_application(watch_own_calls);
}
