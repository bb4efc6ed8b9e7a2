// All that the tool prints. Names of ELF and BTF, paths, and words of other programs may contain
// commands to a terminal, so nothing else in src/ writes to standard output or standard error (the
// test layout.prints).
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace ebpfkit::host {

enum class colours { removed, kept };

// Returns the text with \xNN for each byte that could be a command to the terminal, or show the
// text in another order: control characters except line breaks and tabs, bidirectional controls,
// and what is not UTF-8. `colours::kept` leaves the sequences that set colours (ESC [ ... m), which
// compilers print.
std::string for_terminal(std::string_view text, colours wanted = colours::removed);

// Writes for_terminal(text). Throws std::system_error when that fails, but not for standard error.
void write_to_terminal(std::FILE* stream, std::string_view text, colours wanted = colours::removed);

// Clears the terminal at standard output and goes to its first line.
void clear_terminal();

// Makes readers of standard output see now what was printed.
void flush_output();

// As fmt's function of the name print.
template <class... Arguments>
void print_output(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  write_to_terminal(stdout, fmt::format(format, std::forward<Arguments>(arguments)...));
}

template <class... Arguments>
void print_error(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  write_to_terminal(stderr, fmt::format(format, std::forward<Arguments>(arguments)...));
}

}  // namespace ebpfkit::host
