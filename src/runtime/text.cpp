#include "text.hpp"

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

}  // namespace ebpfkit::detail
