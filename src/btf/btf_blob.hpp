// The outermost structure of raw BTF, for code that reads BTF without a type_graph.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ebpfkit::host {

// BTF consists of words. Each type begins with its name, its info, and its size or target.
constexpr std::size_t btf_word_size = 4;
constexpr std::size_t btf_type_head_size = 3 * btf_word_size;

// Read and write a 32-bit word of BTF with the byte order `order`.
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

// Splits BTF by its header. Returns nothing when the header is wrong or a part lies beyond the end;
// `problem`, if given, then says which.
std::optional<btf_parts> btf_blob_parts(std::span<const std::uint8_t> bytes,
                                        std::string* problem = nullptr);

// Appends a header for BTF in which this many bytes of types come first, then this many of strings.
void append_btf_header(std::vector<std::uint8_t>& bytes, std::endian order,
                       std::uint32_t types_size, std::uint32_t text_size);

// Returns the number of words after the three-word head of a type, or nothing for kind 0 and kinds
// above enum64. `info` is the second word of the head (<linux/btf.h>).
std::optional<std::uint32_t> btf_item_words(std::uint32_t info);

// Returns the number of words of each item, for kinds that have a list of items (members,
// enumerators, parameters, section entries), else 0.
std::uint32_t btf_words_per_item(std::uint32_t info);

}  // namespace ebpfkit::host
