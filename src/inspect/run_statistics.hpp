// How often programs run, and how long they take.
#pragma once

#include <cstdint>
#include <vector>

#include "inspect/loaded_objects.hpp"
#include "support/file_descriptor.hpp"

namespace ebpfkit::host {

// What a program did in an interval.
struct measured_program {
  loaded_program program;
  std::uint64_t runs = 0;
  std::uint64_t nanoseconds = 0;
  double interval = 0;  // in seconds, more than 0

  double runs_per_second() const { return static_cast<double>(runs) / interval; }
  // 0 without a run.
  double average_ns() const {
    return runs == 0 ? 0 : static_cast<double>(nanoseconds) / static_cast<double>(runs);
  }
  // 1 is all the time of one CPU.
  double cpu_share() const { return static_cast<double>(nanoseconds) / 1e9 / interval; }
};

// The kernel counts while the result is open. It stops when this process ends, in whatever way.
// Throws `failure` where the kernel cannot do that (before Linux 5.8).
file_descriptor enable_statistics();

// Reads the counters of these programs again. Programs that are gone are left out.
std::vector<loaded_program> read_again(const std::vector<loaded_program>& programs);

// What the programs that are in both lists did between them. `interval` is in seconds.
std::vector<measured_program> differences(const std::vector<loaded_program>& before,
                                          const std::vector<loaded_program>& now, double interval);

// Enables the statistics, waits, and returns what the programs did meanwhile.
std::vector<measured_program> measure(const std::vector<loaded_program>& programs, double seconds);

}  // namespace ebpfkit::host
