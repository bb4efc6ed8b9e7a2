// Text out of pieces.
#pragma once

#include <algorithm>
#include <cstdarg>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace ebpfkit::detail {

// Text as printf() makes it. A chain of operator+ is expanded where it stands: a message of five
// pieces costs some 400 bytes of code there, a call of this 50. (std::format is C++20.)
[[gnu::format(printf, 1, 2)]] std::string formatted(const char* format, ...);
[[gnu::format(printf, 1, 0)]] std::string printed(const char* format, va_list arguments);

// The pieces one after the other, for those that no zero ends.
std::string joined(std::initializer_list<std::string_view> pieces);

// At most `size` characters from the beginning. substr() can throw, and is expanded in each file.
inline std::string_view first(std::string_view text, std::size_t size) {
  return {text.data(), std::min(size, text.size())};
}

}  // namespace ebpfkit::detail
