// Running one program that works for minutes, with its output in a file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ebpfkit::host {

struct logged_result {
  int exit_status = 0;             // exit code, or 128 + signal number
  std::vector<std::string> lines;  // the end of the output, or what follows the first error
};

// Runs `command` (program, then arguments) and waits for it. Adds standard output and standard
// error to the file `log`, and calls `on_line` with each line. Standard input is empty. When this
// process ends first, however it ends, the program gets SIGTERM. Throws `failure` when the program
// cannot be started, or the log cannot be written.
logged_result run_logged(const std::vector<std::string>& command, const std::filesystem::path& log,
                         const std::function<void(std::string_view)>& on_line);

// Keeps the part of a long output that tells why it ended: the first line with an error of a
// compiler or of make and what follows it, or the last lines. Of each line it keeps the beginning.
class output_end {
 public:
  void add(std::string_view line);
  std::vector<std::string> take() { return std::move(lines_); }

 private:
  static constexpr std::size_t most_lines = 12;
  static constexpr std::size_t longest_line = 300;

  std::vector<std::string> lines_;
  bool has_error_ = false;
};

}  // namespace ebpfkit::host
