// What the tool tells while it works: which kernel it fetches, which part of a sysroot it builds.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace ebpfkit::host {

// Leaves progress out from now on: the user gave --quiet.
void silence_progress();

// Prints a line to standard error, unless progress is silenced. Errors, warnings and results do not
// come this way.
void print_progress_line(std::string_view line);

template <class... Arguments>
void print_progress(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  print_progress_line(fmt::format(format, std::forward<Arguments>(arguments)...));
}

}  // namespace ebpfkit::host
