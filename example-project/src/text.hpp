// Text for tables.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kernel_watch {

// Whether the byte is printable ASCII, whatever the locale.
constexpr bool is_printable(char character) {
  return character >= ' ' && character <= '~';
}

// `text` with '?' in place of every byte that is not printable ASCII. Any process may choose a name
// that holds control sequences of terminals.
std::string printable(std::string_view text);

// `text` with blanks before or after it, so that it is `width` long.
std::string right_aligned(std::string_view text, std::size_t width);
std::string left_aligned(std::string_view text, std::size_t width);

// The number with `decimals` digits after a decimal point, whatever the locale.
std::string fixed(double value, int decimals);

}  // namespace kernel_watch
