#include "btf/btf_blob.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <utility>

#include "btf/btf_format.hpp"

namespace ebpfkit::host {

std::uint32_t load_btf_word(std::span<const std::uint8_t> bytes, std::size_t offset,
                            std::endian order) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.subspan(offset, sizeof value).data(), sizeof value);
  return order == std::endian::native ? value : __builtin_bswap32(value);
}

void store_btf_word(std::span<std::uint8_t> bytes, std::size_t offset, std::endian order,
                    std::uint32_t value) {
  if (order != std::endian::native)
    value = __builtin_bswap32(value);
  std::memcpy(bytes.subspan(offset, sizeof value).data(), &value, sizeof value);
}

std::optional<btf_parts> btf_blob_parts(std::span<const std::uint8_t> bytes, std::string* problem) {
  const auto wrong = [problem](std::string text) {
    if (problem != nullptr)
      *problem = std::move(text);
    return std::nullopt;
  };
  const auto found_order = btf_byte_order(bytes);
  if (!found_order)
    return wrong("the BTF magic number (0xeB9F) is missing");
  const auto order = *found_order;
  if (bytes.size() > most_btf_bytes)
    return wrong(fmt::format("{} bytes are more than EbpfKit reads as BTF ({} MiB)", bytes.size(),
                             most_btf_bytes >> 20));
  if (bytes.size() < btf_header_size)
    return wrong(fmt::format("{} bytes are too few for a BTF header", bytes.size()));
  if (bytes[2] != btf_version)
    return wrong(fmt::format("BTF version {} is unknown (known: {})", bytes[2], btf_version));
  const auto word = [&](std::size_t offset) { return load_btf_word(bytes, offset, order); };
  const auto header_size = word(4);
  if (header_size < btf_header_size || header_size > bytes.size())
    return wrong(fmt::format("the BTF header's size {} is wrong", header_size));
  const auto body = bytes.subspan(header_size);
  const auto part = [&](std::size_t offset_at) -> std::optional<std::span<const std::uint8_t>> {
    const auto offset = word(offset_at);
    const auto size = word(offset_at + 4);
    if (std::uint64_t{offset} + size > body.size())
      return std::nullopt;
    return body.subspan(offset, size);
  };
  const auto types = part(8);
  if (!types)
    return wrong("the BTF type section goes beyond the end: the file is truncated");
  const auto text = part(16);
  if (!text)
    return wrong("the BTF string section goes beyond the end: the file is truncated");
  if (word(8) % 4 != 0 || types->size() % 4 != 0)
    return wrong("the BTF type section is not aligned to 4 bytes");
  return btf_parts{order, header_size, *types, *text};
}

void append_btf_header(std::vector<std::uint8_t>& bytes, std::endian order,
                       std::uint32_t types_size, std::uint32_t text_size) {
  const auto begin = bytes.size();
  bytes.resize(begin + btf_header_size);
  const auto header = std::span(bytes).subspan(begin);
  header[0] = order == std::endian::big ? btf_magic >> 8 : btf_magic & 0xff;
  header[1] = order == std::endian::big ? btf_magic & 0xff : btf_magic >> 8;
  header[2] = btf_version;
  store_btf_word(header, 4, order, btf_header_size);
  store_btf_word(header, 12, order, types_size);
  store_btf_word(header, 16, order, types_size);
  store_btf_word(header, 20, order, text_size);
}

std::optional<std::uint32_t> btf_item_words(std::uint32_t info) {
  const auto& length = btf_kind_lengths[btf_kind_number(info)];
  if (length.fixed == 0)
    return std::nullopt;
  return length.fixed - 3U + btf_item_count(info) * length.each;
}

std::uint32_t btf_words_per_item(std::uint32_t info) {
  return btf_kind_lengths[btf_kind_number(info)].each;
}

}  // namespace ebpfkit::host
