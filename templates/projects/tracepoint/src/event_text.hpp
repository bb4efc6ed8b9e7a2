// Events as lines of text.
#pragma once

#include <cstring>
#include <string>

#include "execs.skel.hpp"

// Returns "1234 user 0 make". A process chooses its own name, so characters that a terminal could
// take for commands become '?'.
inline std::string event_text(const ebpf::execs::event& event) {
  const std::string command(event.command, strnlen(event.command, sizeof(event.command)));
  std::string text = std::to_string(event.process) + " user " + std::to_string(event.user) + ' ';
  for (const char c : command)
    text += c < ' ' || c > '~' ? '?' : c;
  return text;
}
