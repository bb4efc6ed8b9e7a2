#include "support/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace ebpfkit::host {

namespace {

// "1,234", "5.0", "-" and "87 %" are numbers: their ends stand below each other.
bool is_number(const std::string& cell) {
  return !cell.empty() && (cell == "-" || std::isdigit(static_cast<unsigned char>(cell.front())));
}

}  // namespace

std::string text_table(const std::vector<std::vector<std::string>>& rows) {
  std::size_t columns = 0;
  for (const auto& row : rows)
    columns = std::max(columns, row.size());
  std::vector<std::size_t> widths(columns);
  std::vector<bool> has_numbers(columns, rows.size() > 1);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
      if (&row != &rows.front() && !is_number(row[i]))
        has_numbers[i] = false;
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += has_numbers[i] ? fmt::format("{:>{}}  ", row[i], widths[i])
                             : fmt::format("{:<{}}  ", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace ebpfkit::host
