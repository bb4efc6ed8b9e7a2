// The exact layout of a record: every byte accounted for, independent of the language it is written
// in.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// One piece of a record, in the order of offsets.
struct layout_field {
  enum class category {
    member,        // starts at a whole byte; an anonymous record has an empty name
    bit_field,     // `bits` wide
    byte_padding,  // `bytes` bytes without a name
    bit_padding,   // `bits` (1..7) bits without a name
  };

  category what = category::member;
  std::string name;
  type_id type = 0;
  std::uint64_t bit_offset = 0;
  std::uint64_t bytes = 0;
  std::uint32_t bits = 0;

  std::uint64_t byte_offset() const { return bit_offset / 8; }
};

// A variable or member at a place of its own.
struct placed_field {
  std::string name;
  type_id type = 0;
  std::uint64_t offset = 0;  // bytes
};

struct fixed_layout {
  bool is_union = false;
  // Some field is not at a multiple of its type's alignment, or the size is none: the record must
  // be written with __attribute__((packed)).
  bool packed = false;
  std::uint64_t size = 0;
  std::uint32_t alignment = 1;  // that the written record has on hosts with natural alignment
  // Not 0: the record must be written with __attribute__((aligned(N))). No explicit padding can
  // stand behind a flexible array.
  std::uint32_t forced_alignment = 0;
  std::vector<layout_field> fields;

  bool ends_with_flexible_array() const {
    return !is_union && !fields.empty() && fields.back().what == layout_field::category::member &&
           fields.back().bytes == 0;
  }
};

// Computes layouts. A CPU may align types less than BPF does (i386: 4 bytes for 64-bit integers),
// so no gap is left to the compiler: padding is explicit. Layouts use these stand-ins: integers of
// fixed width, 64-bit integers for pointers, arrays of bytes for what C does not have everywhere.
class layout_calculator {
 public:
  explicit layout_calculator(const type_graph& types) : types_(types) {}

  // The layout of a struct or union. Members without size (empty structs) are left out, flexible
  // and zero-length arrays are kept. Throws `failure` for a record whose members overlap or leave
  // it.
  fixed_layout lay_out(type_id record);

  // The layout of a section or of another record that BTF does not have.
  fixed_layout lay_out(std::span<const placed_field> fields, std::uint64_t size);

  // Alignment of the type as it is written, on a host with natural alignment.
  std::uint32_t alignment_of(type_id type);

 private:
  bool is_array_of_sized(type_id type) const;
  std::uint32_t compute_alignment(type_id type);

  const type_graph& types_;
  std::map<type_id, std::uint32_t> record_alignments_;
};

}  // namespace ebpfkit::host
