#include "sources/compile_flags.hpp"

#include <fmt/format.h>

#include <charconv>
#include <functional>
#include <map>
#include <stdexcept>

#include "support/text.hpp"

namespace ebpfkit::host {
namespace {

using flag_values = std::map<std::string, std::string, std::less<>>;

// Replaces each @NAME@ by its value.
std::string filled_in(std::string_view flag, const flag_values& values) {
  std::string text;
  while (!flag.empty()) {
    const auto begin = flag.find('@');
    text += flag.substr(0, begin);
    if (begin == std::string_view::npos)
      break;
    const auto end = flag.find('@', begin + 1);
    const auto value = end == std::string_view::npos
                           ? values.end()
                           : values.find(flag.substr(begin + 1, end - begin - 1));
    if (value == values.end())
      throw std::logic_error(fmt::format("compile_flags.txt: unknown name in '{}'", flag));
    text += value->second;
    flag.remove_prefix(end + 1);
  }
  return text;
}

// A line of the table: part, condition ("", "each" or a version of clang) and flag.
struct flag_row {
  bool is_before = false;
  bool is_for_each_directory = false;
  int smallest_clang = 0;
  std::string_view flag;
};

flag_row read_flag_row(std::string_view line) {
  const auto part = line.substr(0, line.find(' '));
  const auto word = line.find_first_not_of(' ', part.size());
  const auto name = part.substr(0, part.find('-'));
  flag_row row;
  row.is_before = name == "before";
  if (word != std::string_view::npos)
    row.flag = line.substr(word);
  bool is_known = row.is_before || name == "behind";
  if (name != part) {
    const auto condition = part.substr(name.size() + 1);
    row.is_for_each_directory = condition == "each";
    const auto* end = condition.data() + condition.size();
    is_known = is_known && (row.is_for_each_directory ||
                            std::from_chars(condition.data(), end, row.smallest_clang).ptr == end);
  }
  if (!is_known || row.flag.empty())
    throw std::logic_error(fmt::format("compile_flags.txt: cannot read '{}'", line));
  return row;
}

}  // namespace

std::vector<std::string> compile_flags(std::string_view table,
                                       const compile_flags_request& request) {
  flag_values values{{"TRIPLE", request.byte_order == std::endian::big ? "bpfeb" : "bpfel"},
                     {"MCPU", request.mcpu},
                     {"ARCH", request.architecture},
                     {"SOURCE_DIRECTORY", request.source_directory.string()},
                     {"BUILD_DIRECTORY", request.build_directory.string()},
                     {"LIBBPF", request.libbpf_headers.string()},
                     {"MODULES", request.modules.string()}};
  std::vector<std::string> before;
  std::vector<std::string> behind;
  for (const auto& line : split_text(table, '\n')) {
    if (line.empty() || line.front() == '#')
      continue;
    const auto row = read_flag_row(line);
    auto& flags = row.is_before ? before : behind;
    if (row.is_for_each_directory) {
      for (const auto& directory : request.system_directories) {
        values["SYSTEM"] = directory.string();
        flags.push_back(filled_in(row.flag, values));
      }
    } else if (request.clang_major >= row.smallest_clang) {
      flags.push_back(filled_in(row.flag, values));
    }
  }
  before.insert(before.end(), request.own_flags.begin(), request.own_flags.end());
  before.insert(before.end(), behind.begin(), behind.end());
  return before;
}

}  // namespace ebpfkit::host
