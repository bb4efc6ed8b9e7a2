// The layout of raw BTF: struct btf_header and struct btf_type of <linux/btf.h>. Everything that
// reads or writes raw BTF takes the numbers from here.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ebpfkit::host {

// The header begins with the magic number (two bytes), the version and flags (a byte each). Words
// of four bytes follow: the size of the header, then offset and size of the types and of the
// strings. Offsets count from the end of the header.
constexpr std::uint16_t btf_magic = 0xeb9f;
constexpr std::uint8_t btf_version = 1;
constexpr std::uint32_t btf_header_size = 24;

// EbpfKit reads no larger BTF. Kernels have 5 to 12 MB. Linux itself loads at most 16 MiB
// (BTF_MAX_SIZE of kernel/bpf/btf.c), with 1,048,575 types (BTF_MAX_TYPE of <linux/btf.h>).
constexpr std::uint64_t most_btf_bytes = std::uint64_t{32} << 20;
constexpr std::uint32_t most_btf_types = 0xfffff;

// Returns the byte order that the magic number at the beginning shows, or nothing without that
// number. .BTF.ext sections begin with the same number.
constexpr std::optional<std::endian> btf_byte_order(std::span<const std::uint8_t> bytes) {
  constexpr std::uint8_t low = btf_magic & 0xff;
  constexpr std::uint8_t high = btf_magic >> 8;
  if (bytes.size() >= 2 && bytes[0] == low && bytes[1] == high)
    return std::endian::little;
  if (bytes.size() >= 2 && bytes[0] == high && bytes[1] == low)
    return std::endian::big;
  return std::nullopt;
}

constexpr bool has_btf_magic(std::span<const std::uint8_t> bytes) {
  return btf_byte_order(bytes).has_value();
}

// BTF_KIND_* of <linux/btf.h>, with the same numbers.
enum class type_kind : std::uint8_t {
  void_type = 0,
  integer = 1,
  pointer = 2,
  array = 3,
  structure = 4,
  union_type = 5,
  enumeration = 6,
  forward = 7,
  type_definition = 8,
  volatile_qualifier = 9,
  const_qualifier = 10,
  restrict_qualifier = 11,
  function = 12,
  function_prototype = 13,
  variable = 14,
  data_section = 15,
  floating_point = 16,
  declaration_tag = 17,
  type_tag = 18,
  enumeration64 = 19,
};

// The second word of a type (`info`): the number of items in the lower half, the kind in five bits,
// and the kind flag in the highest bit. The other bits have no meaning yet.
constexpr std::uint32_t btf_unknown_info_bits = 0x60ff0000;

// Returns any number up to 31, not only those of type_kind.
constexpr std::uint32_t btf_kind_number(std::uint32_t info) {
  return info >> 24 & 0x1f;
}
constexpr std::uint32_t btf_item_count(std::uint32_t info) {
  return info & 0xffff;
}

// How many words a type has.
struct btf_kind_length {
  std::uint8_t fixed = 0;  // including the three words of the head; 0: the kind is unknown
  std::uint8_t each = 0;   // for each item: member, enumerator, parameter, entry of a section
};

// The index is the number of the kind.
constexpr auto btf_kind_lengths = [] {
  std::array<btf_kind_length, 32> lengths{};
  for (std::size_t kind = 1; kind <= static_cast<std::size_t>(type_kind::enumeration64); ++kind)
    lengths[kind].fixed = 3;
  const auto at = [&](type_kind kind) -> btf_kind_length& {
    return lengths[static_cast<std::size_t>(kind)];
  };
  at(type_kind::integer).fixed = at(type_kind::variable).fixed = 4;
  at(type_kind::declaration_tag).fixed = 4;
  at(type_kind::array).fixed = 6;
  at(type_kind::structure).each = at(type_kind::union_type).each = 3;
  at(type_kind::data_section).each = at(type_kind::enumeration64).each = 3;
  at(type_kind::enumeration).each = at(type_kind::function_prototype).each = 2;
  return lengths;
}();

}  // namespace ebpfkit::host
