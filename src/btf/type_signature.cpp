#include "btf/type_signature.hpp"

#include <cstdint>
#include <functional>

namespace ebpfkit::host {

namespace {

// The finalizer of splitmix64 over a running sum.
std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash += value + 0x9e3779b97f4a7c15;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31);
}

std::uint64_t mix(std::uint64_t hash, std::string_view text) {
  return mix(hash, std::hash<std::string_view>{}(text));
}

// Enums of both widths are one kind, and a forward declaration has the kind of what it declares.
std::uint64_t comparable_kind(const type_graph& graph, type_id type) {
  auto kind = graph.kind(type);
  if (kind == type_kind::enumeration64)
    kind = type_kind::enumeration;
  if (kind == type_kind::forward)
    kind = graph.is_forward_union(type) ? type_kind::union_type : type_kind::structure;
  return static_cast<std::uint64_t>(kind);
}

void collect(const type_graph& graph, type_id record, std::uint64_t bit_offset,
             std::vector<flat_member>& fields) {
  for (const auto& member : graph.members(record)) {
    const auto offset = bit_offset + member.bit_offset;
    const auto type = graph.skip_qualifiers(member.type);
    if (!member.name.empty())
      fields.push_back({member.name, member.type, offset, member.bitfield_size});
    else if (graph.is_record(type))
      collect(graph, type, offset, fields);  // type_graph bounds how deep and how often
  }
}

}  // namespace

std::vector<flat_member> flat_members(const type_graph& graph, type_id record) {
  std::vector<flat_member> fields;
  collect(graph, record, 0, fields);
  return fields;
}

type_signatures::type_signatures(const type_graph& graph)
    : graph_(graph), uses_(graph.type_count(), 0) {}

std::uint64_t type_signatures::of_use(type_id type) {
  auto& known = uses_[type];
  if (known == 0)
    known = compute_use(type) | 1;
  return known;
}

// Recursion ends: type_graph accepts no type that reaches itself without passing a named record,
// and no chain of more than `maximum_depth`.
std::uint64_t type_signatures::compute_use(type_id type) {
  const auto kind = graph_.kind(type);
  const auto hash = mix(0, comparable_kind(graph_, type));
  switch (kind) {
    case type_kind::type_tag:
      return of_use(graph_.target(type));
    case type_kind::pointer:
    case type_kind::volatile_qualifier:
    case type_kind::const_qualifier:
    case type_kind::restrict_qualifier:
      return mix(hash, of_use(graph_.target(type)));
    case type_kind::array:
      return mix(mix(hash, graph_.array(type).count), of_use(graph_.array(type).element));
    case type_kind::function_prototype: {
      auto all = mix(hash, of_use(graph_.target(type)));
      for (const auto& parameter : graph_.parameters(type))
        all = mix(all, of_use(parameter.type));
      return mix(all, graph_.parameters(type).size());
    }
    case type_kind::structure:
    case type_kind::union_type:
    case type_kind::enumeration:
    case type_kind::enumeration64:
      if (graph_.name(type).empty())
        return mix(hash, of_content(type));
      return mix(hash, graph_.name(type));
    default:
      return mix(hash, graph_.name(type));
  }
}

std::uint64_t type_signatures::of_content(type_id type) {
  auto hash = mix(0, graph_.size_of(type));
  if (graph_.is_enumeration(type)) {
    for (const auto& constant : graph_.enumerators(type))
      hash = mix(mix(hash, constant.name), constant.value);
    return hash;
  }
  for (const auto& field : flat_members(graph_, type)) {
    hash = mix(hash, field.name);
    hash = mix(mix(hash, field.bit_offset), field.bitfield_size);
    hash = mix(hash, of_use(field.type));
  }
  return hash;
}

std::uint64_t type_signatures::of_definition(type_id type) {
  const auto hash = mix(mix(0, comparable_kind(graph_, type)), graph_.name(type));
  switch (graph_.kind(type)) {
    case type_kind::structure:
    case type_kind::union_type:
    case type_kind::enumeration:
    case type_kind::enumeration64:
      return mix(hash, of_content(type));
    case type_kind::type_definition:
    case type_kind::function:
    case type_kind::variable:
      return mix(hash, of_use(graph_.target(type)));
    case type_kind::integer: {
      const auto encoding = graph_.integer(type);
      const std::uint64_t flags = (encoding.is_signed ? 1U : 0U) | (encoding.is_char ? 2U : 0U) |
                                  (encoding.is_bool ? 4U : 0U);
      return mix(mix(mix(hash, flags), encoding.bits), graph_.size_of(type));
    }
    case type_kind::floating_point:
      return mix(hash, graph_.size_of(type));
    default:
      return hash;
  }
}

}  // namespace ebpfkit::host
