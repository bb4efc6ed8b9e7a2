// Makes texts out of pieces.
#pragma once

#include <algorithm>
#include <cstdarg>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace ebpfkit::detail {

// Makes a text as printf() does. It keeps callers small: the compiler expands a chain of operator+
// inline, and a message of five pieces costs some 400 bytes of code; a call of this function costs
// 50. (std::format is C++20.)
[[gnu::format(printf, 1, 2)]] std::string formatted(const char* format, ...);
[[gnu::format(printf, 1, 0)]] std::string printed(const char* format, va_list arguments);

// Joins the pieces. For pieces that do not end with a zero.
std::string joined(std::initializer_list<std::string_view> pieces);

// At most `size` characters from the beginning. Not substr(), which can throw and which the
// compiler expands in each file.
inline std::string_view first(std::string_view text, std::size_t size) {
  return {text.data(), std::min(size, text.size())};
}

// Replaces by `?`, byte for byte, what could be a command to a terminal, or show the text in
// another order: control characters except line breaks and tabs, also those of UTF-8 (U+0080 to
// U+009F), and bidirectional controls. Names in objects and logs of the verifier come from
// strangers.
void make_printable(std::string& text);

}  // namespace ebpfkit::detail
