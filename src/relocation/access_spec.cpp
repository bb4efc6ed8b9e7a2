#include "relocation/access_spec.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>

#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

constexpr const char* object_btf_is_damaged =
    "The object's BTF is damaged; compile the object again.";

// Returns "0:1:2" as numbers. Only the first may be negative, as in `p[-1].x`.
std::vector<std::int32_t> parse_path(std::string_view access) {
  std::vector<std::int32_t> path;
  const char* at = access.data();
  const char* const end = at + access.size();
  for (;;) {
    std::int32_t index = 0;
    const auto [after, error] = std::from_chars(at, end, index);
    if (error != std::errc() || (index < 0 && !path.empty()) || (after != end && *after != ':'))
      throw failure(fmt::format("the access string '{}' is not a list of numbers",
                                access.substr(0, longest_path)),
                    object_btf_is_damaged);
    if (path.size() == longest_path)
      throw failure(fmt::format("the access string has more than {} steps", longest_path),
                    object_btf_is_damaged);
    path.push_back(index);
    if (after == end)
      return path;
    at = after + 1;
  }
}

// True for an array without a declared size at the end of a struct: it may have any number of
// elements. `holder` is the last accessor before the array; it must be a named member.
bool is_flexible(const type_graph& types, const accessor& holder, const array_shape& shape) {
  return !holder.name.empty() && shape.count == 0 &&
         static_cast<std::uint32_t>(holder.index) + 1 == types.members(holder.type).size();
}

// libbpf counts bits in 32 bits. An offset that does not fit is not the offset of anything.
std::uint32_t element_bits(const type_graph& types, type_id element, std::int32_t index) {
  const auto size = resolve_size(types, element);
  if (!size)
    throw failure(fmt::format("{} has no size", types.describe(element)));
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(std::int64_t{index}) * *size * 8);
}

[[noreturn]] void fail_index(const type_graph& types, type_id type, std::int32_t index) {
  throw failure(fmt::format("{} has nothing at index {}", types.describe(type), index),
                object_btf_is_damaged);
}

void parse_fields(const type_graph& types, access_spec& spec) {
  auto current = spec.accessors.front().type;
  spec.bit_offset = element_bits(types, current, spec.path.front());
  for (std::size_t i = 1; i < spec.path.size(); ++i) {
    current = types.skip_wrappers(current);
    const auto index = spec.path[i];
    const auto position = static_cast<std::uint32_t>(index);
    if (types.is_record(current)) {
      if (position >= types.members(current).size())
        fail_index(types, current, index);
      const auto member = types.member(current, position);
      spec.bit_offset += member.bit_offset;
      if (!member.name.empty())
        spec.accessors.push_back({current, index, member.name});
      current = member.type;
    } else if (types.kind(current) == type_kind::array) {
      const auto shape = types.array(current);
      if (position >= shape.count && !is_flexible(types, spec.accessors.back(), shape))
        fail_index(types, current, index);
      current = types.skip_wrappers(shape.element);
      spec.accessors.push_back({current, index, {}});
      spec.bit_offset += element_bits(types, current, index);
    } else {
      throw failure(
          fmt::format("the relocation goes into {}, which has no parts", types.describe(current)),
          object_btf_is_damaged);
    }
  }
}

enum class member_search { not_here, incompatible, found };

// Finds the member `wanted` of `record`, in anonymous members too. Appends the steps to it to
// `spec` and sets `member_type` to its type.
member_search find_member(const type_comparison& types, const accessor& wanted, type_id record,
                          access_spec& spec, type_id& member_type) {
  const auto& target = types.target();
  record = target.skip_wrappers(record);
  if (!target.is_record(record))
    return member_search::not_here;
  std::int32_t index = 0;
  for (const auto& member : target.members(record)) {
    types.limit().spend(1);
    if (spec.path.size() == longest_path)
      throw failure(
          fmt::format("{} is nested too deep to be searched", target.describe(spec.root)));
    if (member.name.empty()) {
      spec.path.push_back(index);
      const auto result = find_member(types, wanted, member.type, spec, member_type);
      if (result == member_search::found)
        spec.bit_offset += member.bit_offset;
      else
        spec.path.pop_back();
      if (result != member_search::not_here)
        return result;
    } else if (member.name == wanted.name) {
      const auto local_type =
          types.local().member(wanted.type, static_cast<std::uint32_t>(wanted.index)).type;
      if (!types.fields_are_compatible(local_type, member.type))
        return member_search::incompatible;
      spec.path.push_back(index);
      spec.accessors.push_back({record, index, member.name});
      spec.bit_offset += member.bit_offset;
      member_type = member.type;
      return member_search::found;
    }
    ++index;
  }
  return member_search::not_here;
}

std::optional<access_spec> match_fields(const type_comparison& types, const access_spec& local,
                                        access_spec spec) {
  const auto& target = types.target();
  auto current = spec.root;
  bool is_root = true;
  for (const auto& step : local.accessors) {
    current = target.skip_wrappers(current);
    if (!step.name.empty()) {
      if (find_member(types, step, current, spec, current) != member_search::found)
        return std::nullopt;
      continue;
    }
    // The first step is `p[0]`, where `p` points to the root.
    if (!is_root) {
      if (target.kind(current) != type_kind::array)
        return std::nullopt;
      const auto shape = target.array(current);
      if (static_cast<std::uint32_t>(step.index) >= shape.count &&
          !is_flexible(target, spec.accessors.back(), shape))
        return std::nullopt;
      current = target.skip_wrappers(shape.element);
    }
    is_root = false;
    if (spec.path.size() == longest_path)
      throw failure(
          fmt::format("{} is nested too deep to be searched", target.describe(spec.root)));
    spec.path.push_back(step.index);
    spec.accessors.push_back({current, step.index, {}});
    spec.bit_offset += element_bits(target, current, step.index);
  }
  return spec;
}

std::optional<access_spec> match_enumerator(const type_comparison& types, const access_spec& local,
                                            access_spec spec) {
  const auto& target = types.target();
  const auto enumeration = target.skip_wrappers(spec.root);
  if (!target.is_enumeration(enumeration))
    return std::nullopt;
  const auto wanted = essential_name(local.accessors.front().name);
  std::int32_t index = 0;
  for (const auto& enumerator : target.enumerators(enumeration)) {
    types.limit().spend(1);
    if (essential_name(enumerator.name) == wanted) {
      spec.accessors.push_back({enumeration, index, enumerator.name});
      spec.path.push_back(index);
      return spec;
    }
    ++index;
  }
  return std::nullopt;
}

}  // namespace

access_spec parse_access(const type_graph& types, relocation_kind kind, type_id root,
                         std::string_view access) {
  if (!types.contains(root))
    throw failure(fmt::format("the relocation is about type {}, which does not exist", root),
                  object_btf_is_damaged);
  access_spec spec{root, kind, {}, {}, 0};
  if (is_type_relocation(kind)) {
    if (access != "0")
      throw failure(fmt::format("the access string of a relocation of kind {} is not '0'",
                                relocation_kind_name(kind)),
                    object_btf_is_damaged);
    return spec;
  }
  if (!is_field_relocation(kind) && !is_enumerator_relocation(kind))
    throw failure(
        fmt::format("the relocation's kind {} is unknown", static_cast<std::uint32_t>(kind)),
        "The object is damaged, or newer than this program.");

  spec.path = parse_path(access);
  const auto first = spec.path.front();
  const auto type = types.skip_wrappers(root);
  if (is_field_relocation(kind)) {
    spec.accessors.push_back({type, first, {}});
    parse_fields(types, spec);
    return spec;
  }
  const auto position = static_cast<std::uint32_t>(first);
  if (!types.is_enumeration(type) || spec.path.size() > 1)
    throw failure(fmt::format("the relocation takes {} for an enum", types.describe(root)),
                  object_btf_is_damaged);
  if (position >= types.enumerators(type).size())
    fail_index(types, type, first);
  spec.accessors.push_back({type, first, types.enumerator_at(type, position).name});
  return spec;
}

std::optional<access_spec> match_access(const type_comparison& types, const access_spec& local,
                                        type_id candidate) {
  access_spec spec{candidate, local.kind, {}, {}, 0};
  if (local.kind == relocation_kind::type_matches)
    return types.types_match(local.root, candidate) ? std::optional(spec) : std::nullopt;
  if (is_type_relocation(local.kind))
    return types.types_are_compatible(local.root, candidate) ? std::optional(spec) : std::nullopt;
  if (is_enumerator_relocation(local.kind))
    return match_enumerator(types, local, std::move(spec));
  return match_fields(types, local, std::move(spec));
}

std::string describe(const type_graph& types, const access_spec& spec) {
  auto text = types.kind(spec.root) == type_kind::type_definition
                  ? std::string(types.name(spec.root))
                  : types.describe(spec.root);
  const char* separator = "::";
  for (const auto& step : spec.accessors) {
    if (step.name.empty()) {
      if (&step != &spec.accessors.front() || step.index != 0)
        text += fmt::format("[{}]", step.index);
      continue;
    }
    text += separator;
    text += step.name;
    separator = ".";
  }
  return text;
}

}  // namespace ebpfkit::host
