// Text out of pieces.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace ebpfkit::detail {

// The pieces one after the other. A chain of operator+ is expanded where it stands: a message of
// five pieces costs some 400 bytes of code there, a call of this 100.
std::string joined(std::initializer_list<std::string_view> pieces);

// At most `size` characters from the beginning. substr() can throw, and is expanded in each file.
inline std::string_view first(std::string_view text, std::size_t size) {
  return {text.data(), std::min(size, text.size())};
}

// The digits of a number. std::to_string() is expanded in each file for each type.
std::string decimal(std::uint64_t number);

}  // namespace ebpfkit::detail
