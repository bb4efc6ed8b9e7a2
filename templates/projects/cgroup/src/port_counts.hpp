// Counters of ports as text.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

// Returns a line such as "port 443: 2 connections" for each port, in the order of the ports.
inline std::string port_counts(std::vector<std::pair<std::uint16_t, std::uint64_t>> ports) {
  std::sort(ports.begin(), ports.end());
  std::string text;
  for (const auto& [port, count] : ports)
    text += "port " + std::to_string(port) + ": " + std::to_string(count) +
            (count == 1 ? " connection\n" : " connections\n");
  return text;
}
