// Running commands and telling what they cost.
#pragma once

#include <string>
#include <vector>

namespace ebpfkit::host::bench {

struct cost {
  double cpu = 0;   // seconds, user and system, of the command and all that it started
  double wall = 0;  // seconds
  cost& operator+=(const cost& other) {
    cpu += other.cpu;
    wall += other.wall;
    return *this;
  }
};

// Runs the command without its standard output. Throws `failure` when it fails.
cost run(const std::vector<std::string>& command);

// The cost whose CPU time is the middle one, with the middle wall time.
cost median(const std::vector<cost>& costs);

}  // namespace ebpfkit::host::bench
