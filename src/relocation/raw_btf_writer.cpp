#include "relocation/raw_btf_writer.hpp"

#include <cstddef>

namespace ebpfkit::host {

namespace {

void append(std::vector<std::uint8_t>& bytes, std::uint32_t value, std::size_t size,
            std::endian order) {
  for (std::size_t i = 0; i < size; ++i) {
    const auto shift = 8 * (order == std::endian::little ? i : size - 1 - i);
    bytes.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

}  // namespace

std::uint32_t raw_btf_writer::text(std::string_view string) {
  if (string.empty())
    return 0;
  const auto [entry, is_new] =
      text_offsets_.try_emplace(std::string(string), static_cast<std::uint32_t>(text_.size()));
  if (is_new) {
    text_ += string;
    text_ += '\0';
  }
  return entry->second;
}

type_id raw_btf_writer::add(const type_head& head, std::span<const std::uint32_t> words) {
  words_.push_back(text(head.name));
  words_.push_back((head.kind_flag ? 1U << 31 : 0U) | static_cast<std::uint32_t>(head.kind) << 24 |
                   head.item_count);
  words_.push_back(head.size_or_target);
  words_.insert(words_.end(), words.begin(), words.end());
  return ++type_count_;
}

// struct btf_header of <linux/btf.h>.
std::vector<std::uint8_t> raw_btf_writer::finish() const {
  static constexpr std::uint32_t header_size = 24;
  const auto types_size = static_cast<std::uint32_t>(words_.size() * 4);
  const auto text_size = static_cast<std::uint32_t>(text_.size());
  std::vector<std::uint8_t> bytes;
  bytes.reserve(header_size + types_size + text_size);
  append(bytes, 0xeb9f, 2, byte_order_);
  append(bytes, 1, 1, byte_order_);  // version
  append(bytes, 0, 1, byte_order_);  // flags
  for (const auto value : {header_size, 0U, types_size, types_size, text_size})
    append(bytes, value, 4, byte_order_);
  for (const auto word : words_)
    append(bytes, word, 4, byte_order_);
  bytes.insert(bytes.end(), text_.begin(), text_.end());
  return bytes;
}

}  // namespace ebpfkit::host
