#include "bindings/record_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

constexpr std::uint32_t guard_alignment = 8;        // the guard consists of 64-bit fields
constexpr std::uint64_t largest_offset = 0xffffff;  // in bits, in a record with bitfields

std::uint64_t round_up(std::uint64_t value, std::uint64_t to) {
  return (value + to - 1) / to * to;
}

}  // namespace

const record_layout& record_layouts::of(type_id record) {
  const auto known = layouts_.find(record);
  if (known != layouts_.end())
    return known->second;
  // make() calls of() for members, at most type_graph::maximum_depth deep: types nest no deeper.
  auto layout = make(record);
  return layouts_.emplace(record, std::move(layout)).first->second;
}

record_layouts::extent record_layouts::extent_of(type_id type) {
  std::uint64_t count = 1;
  auto element = graph_.skip_wrappers(type);
  while (graph_.kind(element) == type_kind::array) {
    count *= graph_.array(element).count;
    element = graph_.skip_wrappers(graph_.array(element).element);
  }
  if (!graph_.is_record(element) || selection_.extents[element] != record_extent::members)
    return {graph_.size_of(type), graph_.alignment_of(type)};
  const auto& layout = of(element);
  return {layout.size * count, layout.alignment};
}

record_layout record_layouts::make(type_id record) {
  const bool is_union = graph_.kind(record) == type_kind::union_type;
  record_layout layout;
  std::uint64_t end = 0;  // in bits
  for (const auto index : selection_.members.at(record)) {
    auto field = graph_.member(record, index);
    const auto [size, alignment] = extent_of(field.type);
    std::uint64_t begin = is_union ? 0 : end;
    const auto bits = field.bitfield_size != 0 ? field.bitfield_size : size * 8;
    // A bitfield begins where the previous member ends, unless it would cross a unit of its type.
    if (field.bitfield_size == 0 || begin % (size * 8) + bits > size * 8)
      begin = round_up(begin, std::uint64_t{alignment} * 8);
    field.bit_offset = static_cast<std::uint32_t>(begin);
    end = is_union ? std::max(end, bits) : begin + bits;
    layout.alignment = std::max(layout.alignment, alignment);
    layout.members.push_back(field);
  }
  if (!is_union && !graph_.name(record).empty()) {
    layout.alignment = std::max(layout.alignment, guard_alignment);
    layout.guard_offset = round_up(round_up(end, 8) / 8, guard_alignment);
    end = (layout.guard_offset + guard_bytes) * 8;
  }
  layout.size = round_up(round_up(end, 8) / 8, layout.alignment);
  if (layout.size * 8 > largest_offset)
    throw failure(fmt::format("the requested members of '{}' are too large together",
                              graph_.describe(record)));
  return layout;
}

}  // namespace ebpfkit::host
