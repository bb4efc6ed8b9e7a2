#include "relocation/resolve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>

#include "relocation/compatibility.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

// A kept match costs as much as this number of steps, because it takes memory.
constexpr std::uint64_t match_cost = 512;

// Limits the text, because names may be as long as the input likes.
constexpr std::size_t longest_problem = 2000;

// One side of a relocation: the value that the instruction must hold for the types of that side.
struct side_value {
  std::uint64_t value = 0;
  bool validate = true;
  std::uint32_t size = 0;  // of the field, if it decides the size of the access
  type_id size_type = 0;
};

std::uint32_t size_or_fail(const type_graph& types, type_id type) {
  const auto size = resolve_size(types, type);
  if (!size)
    throw failure(fmt::format("{} has no size", types.describe(type)));
  return static_cast<std::uint32_t>(*size);
}

side_value array_element_value(const type_graph& types, const access_spec& spec) {
  const auto element = spec.accessors.back().type;
  switch (spec.kind) {
    case relocation_kind::field_byte_offset:
      return {spec.bit_offset / 8, true, size_or_fail(types, element), element};
    case relocation_kind::field_byte_size:
      return {size_or_fail(types, element), true, 0, 0};
    default:
      throw failure(fmt::format("a relocation of kind {} cannot be about an array element",
                                relocation_kind_name(spec.kind)));
  }
}

// Where a program loads a field from, and which bits of the loaded value are the field.
struct field_location {
  std::uint32_t byte_offset = 0;
  std::uint32_t byte_size = 0;
  std::uint32_t bit_offset = 0;
  std::uint32_t bit_size = 0;
  bool is_bitfield = false;
};

field_location locate_field(const type_graph& types, const access_spec& spec,
                            const record_member& member, type_id type) {
  field_location field{spec.bit_offset / 8, size_or_fail(types, type), spec.bit_offset,
                       member.bitfield_size, member.bitfield_size != 0};
  if (!field.is_bitfield) {
    field.bit_size = field.byte_size * 8;
    return field;
  }
  if (field.byte_size == 0)
    throw failure(fmt::format("bitfield '{}' has a type without a size", member.name));
  // Find the smallest aligned integer that holds all bits. Start with the size of the declared
  // type.
  const auto align = [&] {
    field.byte_offset = field.bit_offset / 8 / field.byte_size * field.byte_size;
  };
  align();
  while (field.bit_offset + field.bit_size - field.byte_offset * 8 > field.byte_size * 8) {
    if (field.byte_size >= 8)
      throw failure(fmt::format("bitfield '{}' cannot be read with one load", member.name));
    field.byte_size *= 2;
    align();
  }
  return field;
}

side_value field_value(const type_graph& types, const access_spec& spec) {
  const auto& step = spec.accessors.back();
  if (step.name.empty())
    return array_element_value(types, spec);
  const auto member = types.member(step.type, static_cast<std::uint32_t>(step.index));
  const auto type = types.skip_wrappers(member.type);
  const auto field = locate_field(types, spec, member, type);
  // Not validated for bitfields: compilers may load a bitfield with another width.
  const bool validate = !field.is_bitfield;
  switch (spec.kind) {
    case relocation_kind::field_byte_offset:
      if (field.is_bitfield)
        return {field.byte_offset, validate, 0, 0};
      return {field.byte_offset, validate, field.byte_size, type};
    case relocation_kind::field_byte_size:
      return {field.byte_size, validate, 0, 0};
    case relocation_kind::field_signed: {
      const bool is_signed = types.is_enumeration(type) ? types.is_signed_enumeration(type)
                                                        : types.kind(type) == type_kind::integer &&
                                                              types.integer(type).is_signed;
      return {is_signed ? 1U : 0U, true, 0, 0};
    }
    case relocation_kind::field_lshift_u64: {
      const auto first_bit = field.bit_offset - field.byte_offset * 8;
      const std::uint32_t shift = types.byte_order() == std::endian::little
                                      ? 64 - (first_bit + field.bit_size)
                                      : (8 - field.byte_size) * 8 + first_bit;
      return {shift, validate, 0, 0};
    }
    default:
      return {std::uint32_t{64} - field.bit_size, true, 0, 0};
  }
}

std::uint64_t enumerator_value(const type_graph& types, const access_spec& spec) {
  const auto& step = spec.accessors.front();
  const auto value = types.enumerator_at(step.type, static_cast<std::uint32_t>(step.index)).value;
  if (types.kind(step.type) == type_kind::enumeration64)
    return value;
  // libbpf extends the sign, whether the enum is signed or not.
  return static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(value)});
}

// Returns the value for the side that `spec` belongs to.
side_value calculate(const type_graph& types, const access_spec& spec) {
  switch (spec.kind) {
    case relocation_kind::field_exists:
    case relocation_kind::type_exists:
    case relocation_kind::type_matches:
    case relocation_kind::enumval_exists:
      return {1, true, 0, 0};
    case relocation_kind::type_id_local:
    case relocation_kind::type_id_target:
      // Linkers renumber types but do not change the instructions.
      return {spec.root, false, 0, 0};
    case relocation_kind::type_size:
      return {size_or_fail(types, spec.root), true, 0, 0};
    case relocation_kind::enumval_value:
      return {enumerator_value(types, spec), true, 0, 0};
    default:
      return field_value(types, spec);
  }
}

// A load may become narrower or wider only when the upper bits are zeros.
bool can_adjust_size(const type_graph& local, type_id local_type, const type_graph& target,
                     type_id target_type) {
  const auto is_unsigned = [](const type_graph& types, type_id type) {
    if (types.kind(type) != type_kind::integer)
      return false;
    const auto encoding = types.integer(type);
    return !encoding.is_signed || encoding.is_char || encoding.is_bool;
  };
  return (local.kind(local_type) == type_kind::pointer &&
          target.kind(target_type) == type_kind::pointer) ||
         (is_unsigned(local, local_type) && is_unsigned(target, target_type));
}

relocation_value combine(const type_comparison& types, const side_value& local,
                         const side_value& target) {
  relocation_value value;
  value.local = local.value;
  value.target = target.value;
  value.validate = local.validate;
  value.local_size = local.size;
  value.target_size = target.size;
  value.cannot_adjust_size =
      local.size != target.size &&
      !can_adjust_size(types.local(), local.size_type, types.target(), target.size_type);
  return value;
}

// Returns the value that libbpf uses when no candidate matches.
relocation_value value_without_target(const type_graph& local, const access_spec& spec) {
  relocation_value value;
  if (spec.kind == relocation_kind::field_exists || spec.kind == relocation_kind::enumval_exists ||
      is_type_relocation(spec.kind)) {
    const auto side = calculate(local, spec);
    value.local = side.value;
    value.validate = side.validate;
    return value;
  }
  value.local = calculate(local, spec).value;
  value.poison = true;
  return value;
}

class object_resolver {
 public:
  object_resolver(const program_object& object, const core_target& target)
      : object_(object), target_(target), types_(object.types(), target.types(), limit_) {}

  resolution resolve(const core_relocation& relocation);

 private:
  void calculate_value(const core_relocation& relocation, resolution& result);
  bool match_candidates(const core_relocation& relocation, resolution& result);
  void finish(const core_relocation& relocation, resolution& result) const;

  const program_object& object_;
  const core_target& target_;
  work_limit limit_;
  type_comparison types_;
  std::unordered_map<type_id, std::vector<type_id>> candidates_;  // by local type
};

resolution object_resolver::resolve(const core_relocation& relocation) {
  resolution result;
  result.code = relocation.code;
  try {
    result.local =
        parse_access(object_.types(), relocation.kind, relocation.type, relocation.access.raw());
    if (relocation.program.empty()) {
      result.status = relocation_status::unused;
      result.problem = "no function has the instruction";
      return result;
    }
    calculate_value(relocation, result);
  } catch (const failure& error) {
    result.status = relocation_status::refused;
    result.problem = error.what();
  }
  result.problem.resize(std::min(result.problem.size(), longest_problem));
  return result;
}

void object_resolver::calculate_value(const core_relocation& relocation, resolution& result) {
  if (relocation.kind == relocation_kind::type_id_local) {
    result.value.local = result.value.target = relocation.type;
    result.value.validate = false;
  } else {
    if (object_.types().name(relocation.type).empty())
      throw failure("relocations about an anonymous type cannot be resolved",
                    "Give the type a name.");
    if (!match_candidates(relocation, result))
      return;
    if (result.matches.empty())
      result.value = value_without_target(object_.types(), result.local);
  }
  finish(relocation, result);
}

// Returns whether libbpf would continue: false when the candidates disagree.
bool object_resolver::match_candidates(const core_relocation& relocation, resolution& result) {
  auto entry = candidates_.find(relocation.type);
  if (entry == candidates_.end()) {
    const auto& local = object_.types();
    entry = candidates_
                .emplace(relocation.type, target_.candidates(local.name(relocation.type),
                                                             local.kind(relocation.type)))
                .first;
  }
  std::optional<side_value> local_value;
  std::vector<type_id> matching;
  for (const auto candidate : entry->second) {
    limit_.spend(1);
    auto match = match_access(types_, result.local, candidate);
    if (!match)
      continue;
    limit_.spend(match_cost);
    matching.push_back(candidate);
    result.matches.push_back(std::move(*match));
    const auto& other = result.matches.back();
    if (!local_value)
      local_value = calculate(object_.types(), result.local);
    const auto value = combine(types_, *local_value, calculate(target_.types(), other));
    if (matching.size() == 1) {
      result.value = value;
      continue;
    }
    const auto& first = result.matches.front();
    if (other.bit_offset != first.bit_offset || value.target != result.value.target) {
      result.status = relocation_status::ambiguous;
      result.problem = fmt::format(
          "{} [{}] gives {} (bit offset {}), {} [{}] gives {} (bit offset {})",
          describe(target_.types(), first), first.root, result.value.target, first.bit_offset,
          describe(target_.types(), other), other.root, value.target, other.bit_offset);
      return false;
    }
  }
  if (!matching.empty())
    entry->second = std::move(matching);
  return true;
}

void object_resolver::finish(const core_relocation& relocation, resolution& result) const {
  result.code = patch(relocation.code, result.value);
  const auto wanted = [&] { return describe(object_.types(), result.local); };
  if (result.value.poison) {
    result.status = relocation_status::poisoned;
    result.problem = fmt::format("the target has no compatible {}", wanted());
  } else if (is_poisoned(result.code.first)) {
    result.status = relocation_status::poisoned;
    result.problem = fmt::format(
        "{} has {} bytes in the target, {} in the object, and is no pointer or unsigned integer",
        wanted(), result.value.target_size, result.value.local_size);
  } else if (result.matches.empty() && relocation.kind != relocation_kind::type_id_local) {
    result.status = relocation_status::absent;
    result.problem =
        fmt::format("the target has no {} {}",
                    is_type_relocation(relocation.kind) ? "matching" : "compatible", wanted());
  }
}

}  // namespace

core_target::core_target(std::shared_ptr<const type_graph> types) : types_(std::move(types)) {
  const auto count = types_->type_count();
  first_.assign(std::bit_ceil(std::size_t{count}), 0);
  next_.assign(count, 0);
  // Go from the last to the first, so that every chain ascends.
  for (auto type = count; type-- > 1;) {
    const auto name = essential_name(types_->name(type));
    if (name.empty())
      continue;
    auto& first = first_[std::hash<std::string_view>{}(name) & (first_.size() - 1)];
    next_[type] = first;
    first = type;
  }
}

std::vector<type_id> core_target::candidates(std::string_view name, type_kind kind) const {
  std::vector<type_id> found;
  const auto wanted = essential_name(name);
  if (wanted.empty())
    return found;
  const auto bucket = std::hash<std::string_view>{}(wanted) & (first_.size() - 1);
  for (auto type = first_[bucket]; type != 0; type = next_[type]) {
    if (kinds_are_compatible(types_->kind(type), kind) &&
        essential_name(types_->name(type)) == wanted)
      found.push_back(type);
  }
  return found;
}

std::string_view relocation_status_name(relocation_status status) {
  switch (status) {
    case relocation_status::resolved:
      return "resolved";
    case relocation_status::absent:
      return "absent";
    case relocation_status::poisoned:
      return "poisoned";
    case relocation_status::ambiguous:
      return "ambiguous";
    case relocation_status::refused:
      return "refused";
    case relocation_status::unused:
      return "unused";
  }
  return "unknown";
}

std::vector<resolution> resolve(const program_object& object, const core_target& target) {
  object_resolver resolver(object, target);
  std::vector<resolution> results;
  results.reserve(object.relocations().size());
  for (const auto& relocation : object.relocations())
    results.push_back(resolver.resolve(relocation));
  return results;
}

}  // namespace ebpfkit::host
