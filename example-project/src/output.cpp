#include "output.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "unique_fd.hpp"

namespace kernel_watch {
namespace {

winsize terminal_size() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
    size.ws_row = 24;
    size.ws_col = 80;
  }
  return size;
}

void write_out(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw_errno("write to standard output");
}

}  // namespace

bool output_is_terminal() {
  const char* kind = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

std::size_t terminal_rows() {
  return terminal_size().ws_row;
}

void print_line(std::string_view line) {
  write_out(std::string(line) + '\n');
}

void print_message(std::string_view message) {
  const std::string line = "kernel-watch: " + std::string(message) + '\n';
  std::fputs(line.c_str(), stderr);
}

void live_table::draw(const std::vector<std::string>& lines) {
  const winsize size = terminal_size();
  const std::size_t count = std::min<std::size_t>(lines.size(), size.ws_row - 1U);

  std::string text;
  if (drawn_ > 0)
    text += "\x1b[" + std::to_string(drawn_) + 'A';  // up to the first line of the last drawing
  for (std::size_t i = 0; i < count; ++i)
    text += lines[i].substr(0, size.ws_col - 1U) + "\x1b[K\n";  // and clear the rest of the line
  text += "\x1b[J";                                             // clear what is below
  write_out(text);
  drawn_ = count;
}

}  // namespace kernel_watch
