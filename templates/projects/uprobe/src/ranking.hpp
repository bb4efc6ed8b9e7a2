// The processes with the most calls.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

using process_calls = std::pair<std::uint32_t, std::uint64_t>;  // a process and its calls

// Returns at most `shown` of the processes: those with the most calls first, and of equal ones the
// smaller number first.
inline std::vector<process_calls> ranking(std::vector<process_calls> all, std::size_t shown) {
  std::sort(all.begin(), all.end(), [](const process_calls& one, const process_calls& other) {
    return one.second != other.second ? one.second > other.second : one.first < other.first;
  });
  all.resize(std::min(all.size(), shown));
  return all;
}
