#include "support/progress.hpp"

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

}  // namespace ebpfkit::host
