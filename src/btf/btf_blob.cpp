#include "btf/btf_blob.hpp"

#include <fmt/format.h>

#include <cstring>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

namespace {

// struct btf_header of <linux/btf.h>.
constexpr std::size_t minimum_header_size = 24;

bool is_big_endian(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 2 && bytes[0] == 0xeb && bytes[1] == 0x9f;
}

bool is_little_endian(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 2 && bytes[0] == 0x9f && bytes[1] == 0xeb;
}

}  // namespace

bool has_btf_magic(std::span<const std::uint8_t> bytes) {
  return is_little_endian(bytes) || is_big_endian(bytes);
}

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
  if (!has_btf_magic(bytes))
    return wrong("the BTF magic number (0xeB9F) is missing");
  if (bytes.size() < minimum_header_size)
    return wrong(fmt::format("{} bytes are too few for a BTF header", bytes.size()));
  if (bytes[2] != 1)
    return wrong(fmt::format("BTF version {} is unknown (known: 1)", bytes[2]));
  const auto order = is_big_endian(bytes) ? std::endian::big : std::endian::little;
  const auto word = [&](std::size_t offset) { return load_btf_word(bytes, offset, order); };
  const auto header_size = word(4);
  if (header_size < minimum_header_size || header_size > bytes.size())
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

std::optional<std::uint32_t> btf_item_words(std::uint32_t info) {
  const auto kind = info >> 24 & 0x1f;
  if (kind == 0 || kind > static_cast<std::uint32_t>(type_kind::enumeration64))
    return std::nullopt;
  if (const auto each = btf_words_per_item(info); each != 0)
    return (info & 0xffff) * each;
  switch (static_cast<type_kind>(kind)) {
    case type_kind::integer:
    case type_kind::variable:
    case type_kind::declaration_tag:
      return 1;
    case type_kind::array:
      return 3;
    default:
      return 0;
  }
}

std::uint32_t btf_words_per_item(std::uint32_t info) {
  switch (static_cast<type_kind>(info >> 24 & 0x1f)) {
    case type_kind::structure:
    case type_kind::union_type:
    case type_kind::data_section:
    case type_kind::enumeration64:
      return 3;
    case type_kind::enumeration:
    case type_kind::function_prototype:
      return 2;
    default:
      return 0;
  }
}

}  // namespace ebpfkit::host
