// Reads small text files, such as those of /etc, /proc and /sys.
#pragma once

#include <string>

namespace ebpfkit::detail {

struct text_file {
  std::string text;  // at most 64 KiB
  int code = 0;      // errno when the file cannot be opened or read
};

text_file read_text_file(const char* path);

// The first line, without its newline. Empty when the file cannot be read.
std::string first_line(const char* path);

}  // namespace ebpfkit::detail
