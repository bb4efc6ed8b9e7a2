#include "relocation/compatibility.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <limits>

#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

// Limits of libbpf, beyond which it refuses the relocation.
constexpr int deepest_nesting = 32;

[[noreturn]] void fail_too_deep(const type_graph& types, type_id type) {
  throw failure(fmt::format("{} is nested too deep to be compared", types.describe(type)));
}

bool names_are_equal(std::string_view local, std::string_view target) {
  return essential_name(local) == essential_name(target);
}

}  // namespace

void work_limit::spend(std::uint64_t steps) {
  if (steps > left_)
    throw failure("comparing the types takes unreasonably long",
                  "The BTF of the object or the target is damaged; make it again.");
  left_ -= steps;
}

std::string_view essential_name(std::string_view name) {
  // Shortest: X___Y.
  for (std::size_t i = name.size() >= 5 ? name.size() - 4 : 0; i-- > 0;) {
    if (name[i] != '_' && name.substr(i + 1, 3) == "___" && name[i + 4] != '_')
      return name.substr(0, i + 1);
  }
  return name;
}

bool kinds_are_compatible(type_kind left, type_kind right) {
  const auto is_enumeration = [](type_kind kind) {
    return kind == type_kind::enumeration || kind == type_kind::enumeration64;
  };
  return left == right || (is_enumeration(left) && is_enumeration(right));
}

std::optional<std::uint64_t> resolve_size(const type_graph& types, type_id type) {
  std::uint64_t count = 1;
  for (int depth = 0; depth < deepest_nesting; ++depth) {
    switch (types.kind(type)) {
      case type_kind::array: {
        const auto shape = types.array(type);
        if (shape.count != 0 && count > std::numeric_limits<std::uint32_t>::max() / shape.count)
          return std::nullopt;
        count *= shape.count;
        type = shape.element;
        break;
      }
      case type_kind::type_definition:
      case type_kind::volatile_qualifier:
      case type_kind::const_qualifier:
      case type_kind::restrict_qualifier:
      case type_kind::type_tag:
      case type_kind::variable:
      case type_kind::declaration_tag:
        type = types.target(type);
        break;
      case type_kind::void_type:
      case type_kind::forward:
      case type_kind::function:
      case type_kind::function_prototype:
        return std::nullopt;
      default: {
        const auto size = types.size_of(type);
        if (count != 0 && size > std::numeric_limits<std::uint32_t>::max() / count)
          return std::nullopt;
        return count * size;
      }
    }
  }
  return std::nullopt;
}

bool type_comparison::fields_are_compatible(type_id local, type_id target) const {
  for (;;) {
    limit_.spend(1);
    local = local_.skip_wrappers(local);
    target = target_.skip_wrappers(target);
    if (local_.is_record(local) && target_.is_record(target))
      return true;
    if (!kinds_are_compatible(local_.kind(local), target_.kind(target)))
      return false;
    switch (local_.kind(local)) {
      case type_kind::pointer:
      case type_kind::floating_point:
        return true;
      case type_kind::forward:
      case type_kind::enumeration:
      case type_kind::enumeration64:
        return local_.name(local).empty() || target_.name(target).empty() ||
               names_are_equal(local_.name(local), target_.name(target));
      case type_kind::integer:
        // Integers with an offset are how old compilers wrote bitfields.
        return local_.integer(local).bit_offset == 0 && target_.integer(target).bit_offset == 0;
      case type_kind::array:
        local = local_.array(local).element;
        target = target_.array(target).element;
        break;
      default:
        return false;
    }
  }
}

bool type_comparison::types_are_compatible(type_id local, type_id target) const {
  return are_compatible(local, target, deepest_nesting);
}

bool type_comparison::are_compatible(type_id local, type_id target, int level) const {
  if (!kinds_are_compatible(local_.kind(local), target_.kind(target)))
    return false;
  for (int depth = 0; depth < deepest_nesting; ++depth) {
    limit_.spend(1);
    local = local_.skip_wrappers(local);
    target = target_.skip_wrappers(target);
    if (!kinds_are_compatible(local_.kind(local), target_.kind(target)))
      return false;
    switch (local_.kind(local)) {
      case type_kind::void_type:
      case type_kind::structure:
      case type_kind::union_type:
      case type_kind::enumeration:
      case type_kind::enumeration64:
      case type_kind::forward:
        return true;
      case type_kind::integer:
        return local_.integer(local).bit_offset == 0 && target_.integer(target).bit_offset == 0;
      case type_kind::pointer:
        local = local_.target(local);
        target = target_.target(target);
        break;
      case type_kind::array:
        local = local_.array(local).element;
        target = target_.array(target).element;
        break;
      case type_kind::function_prototype: {
        const auto local_parameters = local_.parameters(local);
        const auto target_parameters = target_.parameters(target);
        if (local_parameters.size() != target_parameters.size())
          return false;
        for (std::uint32_t i = 0; i < local_parameters.size(); ++i) {
          if (level <= 0)
            fail_too_deep(local_, local);
          if (!are_compatible(local_.skip_wrappers(local_parameters[i].type),
                              target_.skip_wrappers(target_parameters[i].type), level - 1))
            return false;
        }
        local = local_.target(local);
        target = target_.target(target);
        break;
      }
      default:
        return false;
    }
  }
  fail_too_deep(local_, local);
}

bool type_comparison::types_match(type_id local, type_id target) const {
  return match(local, target, false, deepest_nesting);
}

bool type_comparison::match(type_id local, type_id target, bool behind_pointer, int level) const {
  if (level <= 0)
    fail_too_deep(local_, local);
  for (int depth = 0; depth < deepest_nesting; ++depth) {
    limit_.spend(1);
    local = local_.skip_wrappers(local);
    target = target_.skip_wrappers(target);
    if (!names_are_equal(local_.name(local), target_.name(target)))
      return false;
    const auto local_kind = local_.kind(local);
    const auto target_kind = target_.kind(target);
    switch (local_kind) {
      case type_kind::void_type:
        return target_kind == type_kind::void_type;
      case type_kind::forward: {
        const bool is_union = local_.is_forward_union(local);
        if (target_kind == type_kind::forward)
          return is_union == target_.is_forward_union(target);
        return behind_pointer &&
               target_kind == (is_union ? type_kind::union_type : type_kind::structure);
      }
      case type_kind::enumeration:
      case type_kind::enumeration64:
        return target_.is_enumeration(target) && enumerations_match(local, target);
      case type_kind::structure:
      case type_kind::union_type:
        if (behind_pointer && target_kind == type_kind::forward)
          return (local_kind == type_kind::union_type) == target_.is_forward_union(target);
        return local_kind == target_kind &&
               (behind_pointer || members_match(local, target, behind_pointer, level));
      case type_kind::integer:
        return target_kind == type_kind::integer &&
               local_.size_of(local) == target_.size_of(target) &&
               local_.integer(local).is_signed == target_.integer(target).is_signed;
      case type_kind::pointer:
        if (target_kind != type_kind::pointer)
          return false;
        behind_pointer = true;
        local = local_.target(local);
        target = target_.target(target);
        break;
      case type_kind::array:
        if (target_kind != type_kind::array ||
            local_.array(local).count != target_.array(target).count)
          return false;
        local = local_.array(local).element;
        target = target_.array(target).element;
        break;
      case type_kind::function_prototype: {
        if (target_kind != type_kind::function_prototype)
          return false;
        const auto local_parameters = local_.parameters(local);
        const auto target_parameters = target_.parameters(target);
        if (local_parameters.size() != target_parameters.size())
          return false;
        for (std::uint32_t i = 0; i < local_parameters.size(); ++i) {
          if (!match(local_parameters[i].type, target_parameters[i].type, behind_pointer,
                     level - 1))
            return false;
        }
        local = local_.target(local);
        target = target_.target(target);
        break;
      }
      default:
        return false;
    }
  }
  fail_too_deep(local_, local);
}

bool type_comparison::enumerations_match(type_id local, type_id target) const {
  const auto local_enumerators = local_.enumerators(local);
  const auto target_enumerators = target_.enumerators(target);
  // An enum that clang saw only declared has no enumerators and size 0, which no other enum has.
  if (local_enumerators.empty() || local_.size_of(local) != target_.size_of(target) ||
      local_enumerators.size() > target_enumerators.size())
    return false;
  for (const auto& wanted : local_enumerators) {
    bool is_found = false;
    for (const auto& candidate : target_enumerators) {
      limit_.spend(1);
      if (names_are_equal(wanted.name, candidate.name)) {
        is_found = true;
        break;
      }
    }
    if (!is_found)
      return false;
  }
  return true;
}

bool type_comparison::members_match(type_id local, type_id target, bool behind_pointer,
                                    int level) const {
  const auto local_members = local_.members(local);
  const auto target_members = target_.members(target);
  if (local_members.size() > target_members.size())
    return false;
  for (const auto& wanted : local_members) {
    bool is_found = false;
    for (const auto& candidate : target_members) {
      limit_.spend(1);
      if (names_are_equal(wanted.name, candidate.name) &&
          match(wanted.type, candidate.type, behind_pointer, level - 1)) {
        is_found = true;
        break;
      }
    }
    if (!is_found)
      return false;
  }
  return true;
}

}  // namespace ebpfkit::host
