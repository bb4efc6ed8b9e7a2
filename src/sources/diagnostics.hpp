// What clang prints about a source, in parts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

struct diagnostic_position {
  std::string file;  // as clang writes it
  std::size_t line = 0;
};

struct diagnostic {
  diagnostic_position position;
  std::string kind;     // "error", "fatal error", "warning" or "note"
  std::string message;  // without the name of the warning behind it
  // The `#include` lines that led to the position, that of the source first. clang does not print
  // them for notes, and not again for a second message in the same file.
  std::vector<diagnostic_position> includes;
};

// Reads the text that clang prints, with or without colours. Other lines (source text, other
// programs' output) are left out.
std::vector<diagnostic> read_diagnostics(std::string_view text);

}  // namespace ebpfkit::host
