#include "kernels/kconfig_files.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <system_error>
#include <vector>

#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t\r") + 1);
}

// Finds "config NAME" or "menuconfig NAME" in a Kconfig file. Returns the words behind its "depends
// on" lines and the line's number; 0: it is not in this file.
std::size_t find_definition(std::string_view text, std::string_view name,
                            std::vector<std::string>& conditions) {
  std::size_t number = 0;
  std::size_t found = 0;
  for (const auto& whole_line : split_text(text, '\n')) {
    ++number;
    const auto line = without_blanks(whole_line);
    // The entry ends with the next one, which is not indented.
    const bool is_indented = !whole_line.empty() && (whole_line[0] == ' ' || whole_line[0] == '\t');
    if (found != 0 && !line.empty() && !is_indented)
      return found;
    constexpr std::string_view condition = "depends on ";
    if (found != 0 && line.starts_with(condition))
      conditions.push_back(printable(line.substr(condition.size())));
    for (const std::string_view word : {"config ", "menuconfig "})
      if (found == 0 && line.starts_with(word) && without_blanks(line.substr(word.size())) == name)
        found = number;
  }
  return found;
}

}  // namespace

std::string describe_kconfig_option(const fs::path& source, std::string_view name) {
  std::vector<std::string> conditions;
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator entry(source, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->path().filename().string().starts_with("Kconfig") && entry->is_regular_file(error))
      files.push_back(entry->path());
  std::ranges::sort(files);
  for (const auto& file : files) {
    const auto bytes = read_file(file);
    const auto line = find_definition(as_text(bytes), name, conditions);
    if (line == 0)
      continue;
    const auto place = fmt::format("{}:{}", fs::relative(file, source, error).string(), line);
    return conditions.empty()
               ? fmt::format("{} has it", place)
               : fmt::format("it depends on {} ({})", fmt::join(conditions, ", and "), place);
  }
  return "these sources have no such option";
}

}  // namespace ebpfkit::host
