// Running commands and telling what they cost.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace ebpfkit::host::bench {

struct cost {
  double cpu = 0;   // seconds, user and system, of the command and all that it started
  double wall = 0;  // seconds
  // Bytes of memory of the largest process among the command and all that it started.
  std::uint64_t peak_memory = 0;
  cost& operator+=(const cost& other) {
    cpu += other.cpu;
    wall += other.wall;
    peak_memory = std::max(peak_memory, other.peak_memory);
    return *this;
  }
};

// Runs the command without its standard output. Throws `failure` when it fails.
cost run(const std::vector<std::string>& command);

// The cost whose CPU time is the middle one, with the middle wall time and the middle peak memory.
cost median(const std::vector<cost>& costs);

}  // namespace ebpfkit::host::bench
