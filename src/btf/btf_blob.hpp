// The outermost structure of raw BTF, for code that looks at BTF which no type_graph was made of.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ebpfkit::host {

// A 32-bit word of the BTF's byte order, in the host's.
std::uint32_t load_btf_word(std::span<const std::uint8_t> bytes, std::size_t offset,
                            std::endian order);
void store_btf_word(std::span<std::uint8_t> bytes, std::size_t offset, std::endian order,
                    std::uint32_t value);

struct btf_parts {
  std::endian order = std::endian::native;
  std::uint32_t header_size = 0;
  std::span<const std::uint8_t> types;
  std::span<const std::uint8_t> text;
};

// Splits BTF by its header. Nothing when the header is wrong or a part lies beyond the end; then
// `problem`, if given, tells which.
std::optional<btf_parts> btf_blob_parts(std::span<const std::uint8_t> bytes,
                                        std::string* problem = nullptr);

// Appends a header for BTF with this many bytes of types and of strings, in this order.
void append_btf_header(std::vector<std::uint8_t>& bytes, std::endian order,
                       std::uint32_t types_size, std::uint32_t text_size);

// Words behind the three-word head of a type, or nothing for kinds above enum64 and for 0.
// `info` is the second word of the head (<linux/btf.h>).
std::optional<std::uint32_t> btf_item_words(std::uint32_t info);

// Words each item of a kind takes when it has a list of them (members, enumerators, parameters,
// section entries), else 0.
std::uint32_t btf_words_per_item(std::uint32_t info);

}  // namespace ebpfkit::host
