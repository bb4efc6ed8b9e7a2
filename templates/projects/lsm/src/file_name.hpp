// The name of a file for the BPF program.
#pragma once

#include <cstddef>
#include <string_view>

// Copies the name and a zero behind it. Returns false, and copies nothing, when the name is empty,
// too long, or a path: files have names without '/'.
template <std::size_t Size>
bool set_file_name(char (&to)[Size], std::string_view name) {
  if (name.empty() || name.size() >= Size || name.find('/') != std::string_view::npos)
    return false;
  to[name.copy(to, Size - 1)] = '\0';
  return true;
}
