#include "sources/diagnostics.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace ebpfkit::host {
namespace {

// Takes the escape sequences of colours away: ESC, "[", parameters, a letter.
std::string without_colours(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const auto escape = std::min(text.find("\x1b["), text.size());
    plain += text.substr(0, escape);
    text.remove_prefix(escape);
    if (text.empty())
      break;
    const auto end = text.find_first_not_of("0123456789;", 2);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return plain;
}

// Cuts ":<number>" off the end of `text`.
std::optional<std::size_t> take_number(std::string_view& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return std::nullopt;
  const auto digits = text.substr(colon + 1);
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size())
    return std::nullopt;
  text = text.substr(0, colon);
  return number;
}

std::optional<diagnostic_position> read_include(std::string_view line) {
  static constexpr std::string_view begin = "In file included from ";
  if (!line.starts_with(begin) || !line.ends_with(':'))
    return std::nullopt;
  line = line.substr(begin.size(), line.size() - begin.size() - 1);
  const auto number = take_number(line);
  if (!number)
    return std::nullopt;
  return diagnostic_position{std::string(line), *number};
}

// <file>:<line>:<column>: <kind>: <message>
std::optional<diagnostic> read_diagnostic(std::string_view line) {
  static constexpr std::array<std::string_view, 4> kinds = {"fatal error", "error", "warning",
                                                            "note"};
  for (const auto kind : kinds) {
    const auto separator = ": " + std::string(kind) + ": ";
    const auto at = line.find(separator);
    if (at == std::string_view::npos)
      continue;
    auto place = line.substr(0, at);
    // The column.
    if (!take_number(place))
      continue;
    const auto number = take_number(place);
    if (!number)
      continue;
    return diagnostic{{std::string(place), *number},
                      std::string(kind),
                      std::string(line.substr(at + separator.size())),
                      {}};
  }
  return std::nullopt;
}

}  // namespace

std::vector<diagnostic> read_diagnostics(std::string_view text) {
  const auto plain = without_colours(text);
  std::vector<diagnostic> found;
  std::vector<diagnostic_position> includes;
  std::string_view rest = plain;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (auto position = read_include(line)) {
      includes.push_back(std::move(*position));
    } else if (auto read = read_diagnostic(line)) {
      read->includes = std::exchange(includes, {});
      found.push_back(std::move(*read));
    }
  }
  return found;
}

}  // namespace ebpfkit::host
