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

void make_printable(std::string& text) {
  // The byte behind a std::string's last one is 0, so a character that is cut off ends there.
  auto* c = reinterpret_cast<unsigned char*>(text.data());
  for (const auto* end = c + text.size(); c < end; ++c) {
    int size = 0;
    if (c[0] < 0x20 || c[0] == 0x7f) {
      size = c[0] != '\n' && c[0] != '\t';
    } else if (c[0] == 0xc2) {
      size = (c[1] & 0xe0) == 0x80 ? 2 : 0;  // U+0080 to U+009F
    } else if (c[0] == 0xd8) {
      size = c[1] == 0x9c ? 2 : 0;  // U+061C
    } else if (c[0] == 0xe2 && c[1] != 0) {
      const unsigned rest = c[1] * 256U + c[2];
      const bool is_control = rest - 0x808eU <= 1 ||  // U+200E, U+200F
                              rest - 0x80a8U <= 6 ||  // U+2028 to U+202E
                              rest - 0x81a6U <= 3;    // U+2066 to U+2069
      size = is_control ? 3 : 0;
    }
    while (size > 0)
      c[--size] = '?';
  }
}

}  // namespace ebpfkit::detail
