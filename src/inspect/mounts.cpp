#include "inspect/mounts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <fstream>
#include <string>

namespace ebpfkit::host {

namespace {

// "\040" in /proc/self/mountinfo is a space (fs/proc_namespace.c, mangle).
std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int code = 0;
    if (text[i] == '\\' && i + 3 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 4, code, 8).ptr ==
            text.data() + i + 4) {
      result += static_cast<char>(code);
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace

std::vector<std::filesystem::path> mounted_directories(std::string_view type) {
  std::vector<std::filesystem::path> found;
  std::ifstream mounts("/proc/self/mountinfo");
  const auto mark = fmt::format(" - {} ", type);
  // "36 35 98:0 /root /mount/point options ... - type source options" (man 5 proc)
  for (std::string line; std::getline(mounts, line);) {
    const auto separator = line.find(mark);
    if (separator == std::string::npos)
      continue;
    std::size_t begin = 0;
    for (int field = 0; field < 4 && begin < separator; ++field)
      begin = line.find(' ', begin) + 1;
    const auto end = line.find(' ', begin);
    const std::filesystem::path directory =
        unescaped(std::string_view(line).substr(begin, end - begin));
    if (std::find(found.begin(), found.end(), directory) == found.end())
      found.push_back(directory);
  }
  return found;
}

}  // namespace ebpfkit::host
