#include "log_numbers.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "../system/text.hpp"
#include "log_text.hpp"

namespace ebpfkit::detail {

bool read_number(std::string_view text, std::uint64_t& number, unsigned base) {
  const bool is_negative = starts_with(text, "-");
  text = part_behind(text, is_negative || starts_with(text, "+") ? 1 : 0);
  if (starts_with(text, "0x")) {
    base = 16;
    text.remove_prefix(2);
  }
  constexpr std::string_view digits = "0123456789abcdef";
  number = 0;
  std::size_t count = 0;
  for (; count < text.size(); ++count) {
    const auto digit = first(digits, base).find(text[count]);
    if (digit == std::string_view::npos)
      break;
    if (number > (std::numeric_limits<std::uint64_t>::max() - digit) / base)
      return false;
    number = number * base + digit;
  }
  if (is_negative)
    number = 0 - number;
  return count != 0;
}

bool number_after(std::string_view text, std::string_view key, std::int64_t& number) {
  const auto at = text.find(key);
  std::uint64_t read = 0;
  if (at == std::string_view::npos || !read_number(part_behind(text, at + key.size()), read))
    return false;
  number = static_cast<std::int64_t>(read);
  return true;
}

}  // namespace ebpfkit::detail
