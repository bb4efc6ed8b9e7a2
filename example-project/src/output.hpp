// Standard output: lines, and a table that is redrawn in place on a terminal. Messages on standard
// error.
//
// The files of this project do not include <iostream>, because it would add 150 kB to a static
// application for a router.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kernel_watch {

// Whether standard output is a terminal that understands cursor movements.
bool output_is_terminal();

// Rows of the terminal, or 24 when the terminal does not tell.
std::size_t terminal_rows();

// Writes one line and flushes it, so that a reader behind a pipe sees it at once. Throws
// std::system_error when it cannot write.
void print_line(std::string_view line);

// Writes `kernel-watch: <message>` and a line break to standard error.
void print_message(std::string_view message);

// A block of lines that replaces the block it drew before.
class live_table {
 public:
  // Cuts lines at the right edge of the terminal, and leaves out lines that have no row. Throws
  // std::system_error when it cannot write.
  void draw(const std::vector<std::string>& lines);

 private:
  std::size_t drawn_ = 0;
};

}  // namespace kernel_watch
