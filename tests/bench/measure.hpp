// Runs commands and measures what they cost.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace ebpfkit::host::bench {

struct cost {
  // User and system seconds of the command and all processes that it started.
  double cpu = 0;
  double wall = 0;  // seconds
  // Bytes of memory of the largest process: the command or one that it started.
  std::uint64_t peak_memory = 0;
  cost& operator+=(const cost& other) {
    cpu += other.cpu;
    wall += other.wall;
    peak_memory = std::max(peak_memory, other.peak_memory);
    return *this;
  }
};

// Runs the command and discards its standard output. Throws `failure` when the command fails.
cost run(const std::vector<std::string>& command);

// The medians of CPU time, wall time and peak memory.
cost median(const std::vector<cost>& costs);

}  // namespace ebpfkit::host::bench
