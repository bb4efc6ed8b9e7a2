#include "support/progress.hpp"

#include <unistd.h>

#include "support/terminal.hpp"

namespace ebpfkit::host {
namespace {

// The one setting of the process: main() sets it before a command runs.
bool is_progress_silent = false;

}  // namespace

void silence_progress() {
  is_progress_silent = true;
}

void print_progress_line(std::string_view line) {
  if (!is_progress_silent)
    print_error("{}\n", line);
}

bool is_progress_watched() {
  return !is_progress_silent && ::isatty(STDERR_FILENO) != 0;
}

bool progress_clock::is_due(time_point now) {
  if (now < next_)
    return false;
  next_ = now + std::chrono::seconds(1);
  return true;
}

}  // namespace ebpfkit::host
