#include "relocation/raw_btf_writer.hpp"

#include <cstddef>
#include <cstdint>

#include "btf/btf_blob.hpp"
#include "btf/btf_format.hpp"

namespace ebpfkit::host {

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

std::vector<std::uint8_t> raw_btf_writer::finish() const {
  const auto types_size = static_cast<std::uint32_t>(words_.size() * 4);
  std::vector<std::uint8_t> bytes;
  bytes.reserve(btf_header_size + types_size + text_.size());
  append_btf_header(bytes, byte_order_, types_size, static_cast<std::uint32_t>(text_.size()));
  const auto types = bytes.size();
  bytes.resize(types + types_size);
  for (std::size_t i = 0; i < words_.size(); ++i)
    store_btf_word(bytes, types + i * 4, byte_order_, words_[i]);
  bytes.insert(bytes.end(), text_.begin(), text_.end());
  return bytes;
}

}  // namespace ebpfkit::host
