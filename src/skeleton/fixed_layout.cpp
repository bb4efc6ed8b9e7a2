#include "skeleton/fixed_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "support/failure.hpp"

namespace ebpfkit::host {
namespace {

// Takes fields in the order of offsets and fills the gaps between them.
class field_list {
 public:
  field_list(std::string record, std::uint64_t size, bool is_union) : record_(std::move(record)) {
    layout_.size = size;
    layout_.is_union = is_union;
  }

  // `unit` is the size of the declared type in bytes, `alignment` its alignment.
  void add(layout_field field, std::uint64_t unit, std::uint32_t alignment) {
    const auto bits =
        field.what == layout_field::category::bit_field ? field.bits : field.bytes * 8;
    check_place(field, bits);
    if (!layout_.is_union)
      pad_to(field.bit_offset);
    layout_.alignment = std::max(layout_.alignment, alignment);
    if (field.what == layout_field::category::bit_field) {
      // Without packed, a compiler moves a bit-field that crosses a boundary of its type to that
      // boundary.
      const auto unit_bits = unit * 8;
      if (field.bit_offset / unit_bits != (field.bit_offset + bits - 1) / unit_bits)
        layout_.packed = true;
    } else if (field.byte_offset() % alignment != 0) {
      layout_.packed = true;
    }
    position_ = std::max(position_, field.bit_offset + bits);
    layout_.fields.push_back(std::move(field));
  }

  fixed_layout finish() {
    const auto end = layout_.size * 8;
    if (layout_.ends_with_flexible_array() && position_ != end)
      replace_tail_padding();
    if (layout_.is_union) {
      // A union is as large as its largest member, rounded up to the alignment.
      if (position_ < end)
        add_byte_padding(0, layout_.size);
    } else {
      pad_to(end);
    }
    if (layout_.size % layout_.alignment != 0)
      layout_.packed = true;
    if (layout_.packed)
      layout_.alignment = 1;
    return std::move(layout_);
  }

 private:
  // Looks for an alignment that makes the compiler add the tail padding. If there is none, removes
  // the flexible array.
  void replace_tail_padding() {
    const auto used = position_ / 8;
    for (std::uint32_t alignment = 2; !layout_.packed && alignment <= layout_.size;
         alignment *= 2) {
      if ((used + alignment - 1) / alignment * alignment != layout_.size)
        continue;
      layout_.forced_alignment = alignment;
      layout_.alignment = std::max(layout_.alignment, alignment);
      position_ = layout_.size * 8;
      return;
    }
    layout_.fields.pop_back();
  }

  void check_place(const layout_field& field, std::uint64_t bits) const {
    if (field.bit_offset > layout_.size * 8 || bits > layout_.size * 8 - field.bit_offset)
      throw failure(fmt::format("member '{}' lies outside of {}", field.name, record_));
    if (layout_.is_union ? field.bit_offset != 0 : field.bit_offset < position_)
      throw failure(fmt::format("member '{}' of {} overlaps another one", field.name, record_));
  }

  void pad_to(std::uint64_t bit_offset) {
    const auto byte_boundary = std::min((position_ + 7) / 8 * 8, bit_offset);
    add_bit_padding(byte_boundary - position_);
    const auto whole_bytes = (bit_offset - position_) / 8;
    if (whole_bytes != 0)
      add_byte_padding(position_, whole_bytes);
    add_bit_padding(bit_offset - position_);
  }

  void add_bit_padding(std::uint64_t bits) {
    if (bits == 0)
      return;
    layout_field padding;
    padding.what = layout_field::category::bit_padding;
    padding.bit_offset = position_;
    padding.bits = static_cast<std::uint32_t>(bits);
    layout_.fields.push_back(std::move(padding));
    position_ += bits;
  }

  void add_byte_padding(std::uint64_t bit_offset, std::uint64_t bytes) {
    layout_field padding;
    padding.what = layout_field::category::byte_padding;
    padding.bit_offset = bit_offset;
    padding.bytes = bytes;
    layout_.fields.push_back(std::move(padding));
    position_ = bit_offset + bytes * 8;
  }

  std::string record_;
  fixed_layout layout_;
  std::uint64_t position_ = 0;  // end of the last field, in bits
};

}  // namespace

fixed_layout layout_calculator::lay_out(type_id record) {
  field_list fields(types_.describe(record), types_.size_of(record),
                    types_.kind(record) == type_kind::union_type);
  const auto members = types_.members(record);
  for (std::uint32_t index = 0; index < members.size(); ++index) {
    const auto member = members[index];
    const auto type = types_.skip_wrappers(member.type);
    const auto size = types_.size_of(type);
    layout_field field;
    field.name = member.name;
    field.type = member.type;
    field.bit_offset = member.bit_offset;
    field.bits = member.bitfield_size;
    // Compilers before LLVM 8 describe a bit-field by an integer type that has fewer bits than its
    // size in bytes.
    if (field.bits == 0 && types_.kind(type) == type_kind::integer) {
      const auto encoding = types_.integer(type);
      if (encoding.bit_offset != 0 || (encoding.bits < size * 8 && !encoding.is_bool)) {
        field.bits = encoding.bits;
        field.bit_offset += encoding.bit_offset;
      }
    }
    if (field.bits != 0) {
      field.what = layout_field::category::bit_field;
      fields.add(std::move(field), std::max<std::uint64_t>(size, 1), alignment_of(member.type));
      continue;
    }
    const bool is_flexible_array = index + 1 == members.size() && is_array_of_sized(type) &&
                                   types_.kind(record) == type_kind::structure;
    if (size == 0 && !is_flexible_array)
      continue;
    field.bytes = size;
    fields.add(std::move(field), size, alignment_of(member.type));
  }
  return fields.finish();
}

bool layout_calculator::is_array_of_sized(type_id type) const {
  while (types_.kind(type) == type_kind::array) {
    type = types_.skip_wrappers(types_.array(type).element);
    if (types_.kind(type) != type_kind::array && types_.size_of(type) != 0)
      return true;
  }
  return false;
}

fixed_layout layout_calculator::lay_out(std::span<const placed_field> placed, std::uint64_t size) {
  field_list fields("the section", size, false);
  for (const auto& variable : placed) {
    layout_field field;
    field.name = variable.name;
    field.type = variable.type;
    field.bit_offset = variable.offset * 8;
    const auto bytes = types_.size_of(variable.type);
    field.bytes = bytes;
    if (bytes != 0)
      fields.add(std::move(field), bytes, alignment_of(variable.type));
  }
  return fields.finish();
}

std::uint32_t layout_calculator::alignment_of(type_id type) {
  type = types_.skip_wrappers(type);
  if (!types_.is_record(type))
    return compute_alignment(type);
  const auto known = record_alignments_.find(type);
  if (known != record_alignments_.end())
    return known->second;
  const auto alignment = lay_out(type).alignment;
  record_alignments_[type] = alignment;
  return alignment;
}

std::uint32_t layout_calculator::compute_alignment(type_id type) {
  switch (types_.kind(type)) {
    case type_kind::integer:
    case type_kind::enumeration:
    case type_kind::enumeration64: {
      const auto size = types_.size_of(type);
      const bool is_fixed_width = size == 1 || size == 2 || size == 4 || size == 8;
      return is_fixed_width ? static_cast<std::uint32_t>(size) : size == 16 ? 8 : 1;
    }
    case type_kind::pointer:
      return types_.pointer_size();
    case type_kind::floating_point: {
      const auto size = types_.size_of(type);
      return size == 4 || size == 8 ? static_cast<std::uint32_t>(size) : 1;
    }
    case type_kind::array:
      return alignment_of(types_.array(type).element);
    default:
      return 1;
  }
}

}  // namespace ebpfkit::host
