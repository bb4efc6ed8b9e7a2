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

namespace {

// How many bytes at the beginning of the text, which is not empty, are such a character.
std::size_t control_size(std::string_view text) {
  const auto byte = [text](std::size_t index) {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
  };
  const auto first = byte(0);
  if (first < 0x20 || first == 0x7f)
    return first == '\n' || first == '\t' ? 0 : 1;
  const auto second = byte(1);
  if (first == 0xc2 && second >= 0x80 && second <= 0x9f)
    return 2;
  if (first == 0xd8 && second == 0x9c)  // U+061C
    return 2;
  const auto third = byte(2);
  const bool is_mark = second == 0x80 && ((third >= 0x8e && third <= 0x8f) ||  // U+200E, U+200F
                                          (third >= 0xa8 && third <= 0xae));   // U+2028 to U+202E
  const bool is_isolate = second == 0x81 && third >= 0xa6 && third <= 0xa9;    // U+2066 to U+2069
  return first == 0xe2 && (is_mark || is_isolate) ? 3 : 0;
}

}  // namespace

void make_printable(std::string& text) {
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size(); ++end) {
    const auto size = control_size(std::string_view(text.data() + at, text.size() - at));
    text[end] = size == 0 ? text[at] : '?';
    at += size == 0 ? 1 : size;
  }
  text.resize(end);
}

}  // namespace ebpfkit::detail
