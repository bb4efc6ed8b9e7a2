#include "kernel_symbols.hpp"

#include <stdio.h>

#include <memory>
#include <string>
#include <string_view>

#include "text.hpp"

namespace ebpfkit::detail {
namespace {

struct file_closer {
  void operator()(FILE* file) const { fclose(file); }
};

// Reads a whole line, without its newline. False at the end of the file.
bool read_line(FILE* file, std::string& line) {
  line.clear();
  int byte = fgetc(file);
  if (byte == EOF)
    return false;
  for (; byte != EOF && byte != '\n'; byte = fgetc(file))
    line += static_cast<char>(byte);
  return true;
}

}  // namespace

bool has_kernel_function(std::string_view name) {
  const std::unique_ptr<FILE, file_closer> file(fopen("/proc/kallsyms", "re"));
  std::string line;
  while (file && read_line(file.get(), line)) {
    // A line is "ffffffff81000000 T name"; for modules, "\t[module]" follows.
    const auto begin = line.find(' ', line.find(' ') + 1) + 1;
    std::string_view symbol(line);
    symbol.remove_prefix(begin);
    if (first(symbol, symbol.find('\t')) == name)
      return true;
  }
  return false;
}

}  // namespace ebpfkit::detail
