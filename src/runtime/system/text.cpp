#include "text.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <initializer_list>
#include <string>
#include <string_view>

namespace ebpfkit::detail {

std::string formatted(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  auto text = printed(format, arguments);
  va_end(arguments);
  return text;
}

std::string printed(const char* format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  const int length = std::vsnprintf(nullptr, 0, format, arguments);
  // One more byte, for the terminator that vsnprintf() writes.
  std::string text(static_cast<std::size_t>(std::max(length, 0)) + 1, '\0');
  std::vsnprintf(text.data(), text.size(), format, again);
  va_end(again);
  text.pop_back();
  return text;
}

std::string joined(std::initializer_list<std::string_view> pieces) {
  std::size_t size = 0;
  for (const auto piece : pieces)
    size += piece.size();
  std::string text;
  text.reserve(size);
  for (const auto piece : pieces)
    text.append(piece.data(), piece.size());
  return text;
}

}  // namespace ebpfkit::detail
