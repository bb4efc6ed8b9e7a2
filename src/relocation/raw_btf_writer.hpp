// Writes raw BTF.
#pragma once

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// The head of a type, struct btf_type of <linux/btf.h>.
struct type_head {
  type_kind kind{};
  std::string_view name;
  std::uint32_t size_or_target = 0;
  std::uint32_t item_count = 0;  // members, enumerators, parameters; linkage of a function
  bool kind_flag = false;
};

// Collects types and strings, each string once. Does not check what it writes.
class raw_btf_writer {
 public:
  explicit raw_btf_writer(std::endian byte_order) : byte_order_(byte_order) {}

  // Returns the offset of the string in the string section, 0 for the empty string.
  std::uint32_t text(std::string_view string);

  // Appends a type and returns its id. The first id is 1. `words` follow the head of the type.
  type_id add(const type_head& head, std::span<const std::uint32_t> words);
  type_id add(const type_head& head, std::initializer_list<std::uint32_t> words = {}) {
    return add(head, std::span(words.begin(), words.size()));
  }

  // Returns the complete BTF: header, types, strings.
  std::vector<std::uint8_t> finish() const;

 private:
  std::endian byte_order_;
  type_id type_count_ = 0;
  std::vector<std::uint32_t> words_;
  std::string text_ = std::string(1, '\0');
  std::unordered_map<std::string, std::uint32_t> text_offsets_;
};

}  // namespace ebpfkit::host
