#include "text.hpp"

#include <iterator>

namespace ebpfkit::detail {

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

std::string decimal(std::uint64_t number) {
  char digits[20];
  char* first = std::end(digits);
  do {
    *--first = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  return std::string(first, static_cast<std::size_t>(std::end(digits) - first));
}

}  // namespace ebpfkit::detail
