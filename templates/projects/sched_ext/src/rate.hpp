// Counters as text.
#pragma once

#include <cstdint>
#include <string>

// Returns "1200 switches, 600 a second, 25% of them by force". `preempted` is not greater than
// `begun`.
inline std::string rate(std::uint64_t begun, std::uint64_t preempted, unsigned seconds) {
  const auto per_second = seconds == 0 ? 0 : begun / seconds;
  const auto percent = begun == 0 ? 0 : preempted * 100 / begun;
  return std::to_string(begun) + " switches, " + std::to_string(per_second) + " a second, " +
         std::to_string(percent) + "% of them by force";
}
