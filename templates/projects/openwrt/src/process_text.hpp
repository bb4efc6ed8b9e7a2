// Processes as lines of text.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "exits.skel.hpp"

// Returns "1234 of 1 ran 57 ms: make". A process chooses its own name, so characters that a
// terminal could take for commands become '?'.
inline std::string process_text(const ebpf::exits::process& process) {
  constexpr std::uint64_t nanoseconds_per_millisecond = 1000000;
  std::string text = std::to_string(process.number) + " of " + std::to_string(process.parent) +
                     " ran " + std::to_string(process.age / nanoseconds_per_millisecond) + " ms: ";
  for (std::size_t i = 0; i < strnlen(process.command, sizeof(process.command)); ++i)
    text += process.command[i] < ' ' || process.command[i] > '~' ? '?' : process.command[i];
  return text;
}
