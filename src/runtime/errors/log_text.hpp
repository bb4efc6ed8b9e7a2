// Small tools for reading logs, for the files of this directory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "../system/text.hpp"

namespace ebpfkit::detail {

// What the report of Linux 7.3 begins with.
constexpr std::string_view report_begin = "\nVerification failed:";

inline bool starts_with(std::string_view text, std::string_view part) {
  return first(text, part.size()) == part;
}

inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos)
    return {};
  text.remove_suffix(text.size() - text.find_last_not_of(blanks) - 1);
  text.remove_prefix(begin);
  return text;
}

inline std::string_view part_behind(std::string_view text, std::size_t begin) {
  text.remove_prefix(std::min(begin, text.size()));
  return text;
}

// Removes a number from the beginning of the text. False: there is none.
inline bool take_number(std::string_view& text, unsigned& number) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  number = 0;
  for (const char digit : first(text, digits))
    number = number * 10 + static_cast<unsigned>(digit - '0');
  text.remove_prefix(digits);
  return digits != 0;
}

}  // namespace ebpfkit::detail
