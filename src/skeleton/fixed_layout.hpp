// The exact layout of a record, with a field for every byte. It is independent of the language in
// which the record is written.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// A member, bit-field or padding of a record.
struct layout_field {
  enum class category {
    member,        // starts at a byte boundary; an anonymous record has an empty name
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

// A variable or member at a given offset.
struct placed_field {
  std::string name;
  type_id type = 0;
  std::uint64_t offset = 0;  // bytes
};

struct fixed_layout {
  bool is_union = false;
  // If true, the record must be written with __attribute__((packed)): a field's offset, or the
  // size, is not a multiple of the alignment.
  bool packed = false;
  std::uint64_t size = 0;
  std::uint32_t alignment = 1;  // of the written record, on hosts with natural alignment
  // If not 0, the record must be written with __attribute__((aligned(N))). It ends with a flexible
  // array, and C allows no explicit padding after that.
  std::uint32_t forced_alignment = 0;
  std::vector<layout_field> fields;  // in the order of offsets

  bool ends_with_flexible_array() const {
    return !is_union && !fields.empty() && fields.back().what == layout_field::category::member &&
           fields.back().bytes == 0;
  }
};

// Computes layouts. A CPU may align types less than BPF does (i386 aligns 64-bit integers to 4
// bytes), so layouts have explicit padding instead of gaps. Layouts use replacement types: integers
// of fixed width, 64-bit integers for pointers, and arrays of bytes for types that not every C
// compiler has.
class layout_calculator {
 public:
  explicit layout_calculator(const type_graph& types) : types_(types) {}

  // Returns the layout of a struct or union. Leaves out members without size (empty structs), but
  // keeps a flexible or zero-length array at the end of a struct. Throws `failure` if members
  // overlap or lie outside of the record.
  fixed_layout lay_out(type_id record);

  // Returns the layout of a section, or of another record that BTF does not describe.
  fixed_layout lay_out(std::span<const placed_field> fields, std::uint64_t size);

  // Returns the alignment of the written type on a host with natural alignment.
  std::uint32_t alignment_of(type_id type);

 private:
  bool is_array_of_sized(type_id type) const;
  std::uint32_t compute_alignment(type_id type);

  const type_graph& types_;
  std::map<type_id, std::uint32_t> record_alignments_;
};

}  // namespace ebpfkit::host
