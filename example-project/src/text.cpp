#include "text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace kernel_watch {

std::string printable(std::string_view text) {
  std::string result(text);
  std::replace_if(
      result.begin(), result.end(), [](char character) { return !is_printable(character); }, '?');
  return result;
}

std::string right_aligned(std::string_view text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ').append(text);
}

std::string left_aligned(std::string_view text, std::size_t width) {
  return std::string(text).append(width - std::min(width, text.size()), ' ');
}

std::string fixed(double value, int decimals) {
  // Not std::to_chars(): its tables would add 110 kB to a static application. The program never
  // sets a locale, so the decimal point is a point.
  std::array<char, 400> buffer;  // the largest double has 309 digits before its point
  const int length = std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, value);
  return {buffer.data(), static_cast<std::size_t>(length)};
}

}  // namespace kernel_watch
