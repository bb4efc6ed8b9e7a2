// What the tool tells while it works: which kernel it fetches, which part of a sysroot it builds.
#pragma once

#include <fmt/format.h>

#include <chrono>
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

// True when a person reads standard error, so that lines about work that goes on are of use. A
// build or a test has them in its log, where they would hide what is wrong.
bool is_progress_watched();

// Decides when work of many parts tells how far it is: after two seconds, and then once a second.
// For one thread at a time.
class progress_clock {
 public:
  using clock = std::chrono::steady_clock;
  using time_point = clock::time_point;

  explicit progress_clock(time_point begin = clock::now())
      : next_(begin + std::chrono::seconds(2)) {}

  // True when it is time for a line. The next one is due a second later.
  bool is_due(time_point now = clock::now());

 private:
  time_point next_;
};

}  // namespace ebpfkit::host
