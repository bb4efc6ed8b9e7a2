#include "relocation/kept_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "relocation/raw_btf_writer.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

using type_ids = std::map<type_id, type_id>;

// Returns the id in the written BTF, or 0 for a type that is not kept.
type_id new_id(const type_graph& types, const type_ids& ids, type_id type) {
  const auto found = ids.find(types.skip_wrappers(type));
  return found == ids.end() ? 0 : found->second;
}

std::vector<std::uint32_t> member_words(const type_graph& types, const type_ids& ids, type_id type,
                                        const std::set<std::uint32_t>& kept, bool has_bitfields,
                                        raw_btf_writer& writer) {
  std::vector<std::uint32_t> words;
  for (const auto index : kept) {
    const auto member = types.member(type, index);
    words.push_back(writer.text(member.name));
    words.push_back(new_id(types, ids, member.type));
    words.push_back(has_bitfields ? member.bitfield_size << 24 | member.bit_offset
                                  : member.bit_offset);
  }
  return words;
}

std::vector<std::uint32_t> enumerator_words(const type_graph& types, type_id type,
                                            const std::set<std::uint32_t>& kept,
                                            raw_btf_writer& writer) {
  std::vector<std::uint32_t> words;
  for (const auto index : kept) {
    const auto enumerator = types.enumerator_at(type, index);
    words.push_back(writer.text(enumerator.name));
    words.push_back(static_cast<std::uint32_t>(enumerator.value));
    if (types.kind(type) == type_kind::enumeration64)
      words.push_back(static_cast<std::uint32_t>(enumerator.value >> 32));
  }
  return words;
}

std::uint32_t integer_word(const integer_encoding& encoding) {
  const auto flags =
      (encoding.is_signed ? 1U : 0U) | (encoding.is_char ? 2U : 0U) | (encoding.is_bool ? 4U : 0U);
  return flags << 24 | encoding.bit_offset << 16 | encoding.bits;
}

bool has_bitfields(const type_graph& types, type_id type, const std::set<std::uint32_t>& kept) {
  for (const auto index : kept) {
    if (types.member(type, index).bitfield_size != 0)
      return true;
  }
  return false;
}

std::uint32_t item_count(const type_graph& types, type_id type) {
  if (types.is_record(type))
    return types.members(type).size();
  return types.is_enumeration(type) ? types.enumerators(type).size() : 0;
}

}  // namespace

// Keeps a type without its items, and returns it without wrappers. Also keeps the type that a
// wrapper wraps, and the elements of an array.
type_id kept_types::keep(type_id type) {
  if (type == 0)
    return type;
  if (target_.is_wrapper(type)) {
    types_.try_emplace(type);
    type = target_.skip_wrappers(type);
  }
  const auto kept = type;
  while (type != 0 && types_.try_emplace(type).second && target_.kind(type) == type_kind::array) {
    const auto index = target_.skip_wrappers(target_.array(type).index);
    if (target_.kind(index) == type_kind::integer)
      types_.try_emplace(index);
    type = target_.skip_wrappers(target_.array(type).element);
  }
  return kept;
}

void kept_types::keep_match(const type_comparison& types, const access_spec& local,
                            const access_spec& match) {
  if (match.kind == relocation_kind::type_matches) {
    keep(match.root);
    keep_pairs(types, {local.root, match.root, false});
  } else if (is_type_relocation(match.kind)) {
    keep_compatible(match.root);
  } else if (is_enumerator_relocation(match.kind)) {
    types_[keep(match.root)].items.insert(static_cast<std::uint32_t>(match.path.front()));
  } else {
    keep_path(match);
  }
}

void kept_types::keep_path(const access_spec& match) {
  auto current = keep(match.root);
  for (std::size_t i = 1; i < match.path.size(); ++i) {
    if (target_.is_record(current)) {
      const auto index = static_cast<std::uint32_t>(match.path[i]);
      types_[current].items.insert(index);
      current = keep(target_.skip_wrappers(target_.member(current, index).type));
    } else {
      current = target_.skip_wrappers(target_.array(current).element);
    }
  }
}

// Keeps everything that the loose comparison can see from `root`.
void kept_types::keep_compatible(type_id root) {
  std::vector<type_id> pending{keep(root)};
  std::set<type_id> seen;
  while (!pending.empty()) {
    const auto type = pending.back();
    pending.pop_back();
    if (!seen.insert(type).second)
      continue;
    const auto follow = [&](type_id to) { pending.push_back(keep(target_.skip_wrappers(to))); };
    switch (target_.kind(type)) {
      case type_kind::pointer:
        types_[type].has_target = true;
        follow(target_.target(type));
        break;
      case type_kind::array:
        follow(target_.array(type).element);
        break;
      case type_kind::function_prototype:
        follow(target_.target(type));
        for (const auto& parameter : target_.parameters(type))
          follow(parameter.type);
        break;
      default:
        break;
    }
  }
}

// Keeps everything that the strict comparison can see, whether the pairs match or not.
void kept_types::keep_pairs(const type_comparison& types, type_pair root) {
  std::vector<type_pair> pending{root};
  std::set<type_pair> seen;
  while (!pending.empty()) {
    auto pair = pending.back();
    pending.pop_back();
    types.limit().spend(1);
    pair.local = types.local().skip_wrappers(pair.local);
    pair.target = target_.skip_wrappers(pair.target);
    if (seen.insert(pair).second && pair.target != 0)
      keep_pair(types, pair, pending);
  }
}

void kept_types::keep_pair(const type_comparison& types, type_pair pair,
                           std::vector<type_pair>& pending) {
  const auto& local = types.local();
  keep(pair.target);
  auto& selected = types_[pair.target];
  const auto kind = target_.kind(pair.target);
  if (target_.is_enumeration(pair.target))
    selected.has_all_items = true;
  if (kind == type_kind::pointer)
    selected.has_target = true;
  if (local.kind(pair.local) != kind)
    return;
  switch (kind) {
    case type_kind::structure:
    case type_kind::union_type:
      if (!pair.behind_pointer)
        keep_member_pairs(types, pair, pending);
      return;
    case type_kind::pointer:
      pending.push_back({local.target(pair.local), target_.target(pair.target), true});
      return;
    case type_kind::array:
      pending.push_back({local.array(pair.local).element, target_.array(pair.target).element,
                         pair.behind_pointer});
      return;
    case type_kind::function_prototype: {
      keep(target_.skip_wrappers(target_.target(pair.target)));
      for (const auto& parameter : target_.parameters(pair.target))
        keep(target_.skip_wrappers(parameter.type));
      const auto local_parameters = local.parameters(pair.local);
      const auto target_parameters = target_.parameters(pair.target);
      for (std::uint32_t i = 0; i < std::min(local_parameters.size(), target_parameters.size());
           ++i)
        pending.push_back(
            {local_parameters[i].type, target_parameters[i].type, pair.behind_pointer});
      pending.push_back(
          {local.target(pair.local), target_.target(pair.target), pair.behind_pointer});
      return;
    }
    default:
      return;
  }
}

void kept_types::keep_member_pairs(const type_comparison& types, type_pair pair,
                                   std::vector<type_pair>& pending) {
  const auto wanted_members = types.local().members(pair.local);
  auto& selected = types_[pair.target];
  selected.minimum_items = std::max(selected.minimum_items, wanted_members.size());
  for (const auto& wanted : wanted_members) {
    std::uint32_t index = 0;
    for (const auto& candidate : target_.members(pair.target)) {
      types.limit().spend(1);
      if (essential_name(wanted.name) == essential_name(candidate.name)) {
        selected.items.insert(index);
        pending.push_back({wanted.type, candidate.type, false});
      }
      ++index;
    }
  }
}

// Adds items that matter although no comparison looks at them. TYPE_MATCHES compares numbers of
// members. An array without a size is flexible only as the last member: leaving out the members
// behind it must not make it the last one.
void kept_types::complete_members() {
  std::vector<type_id> added;
  for (auto& [type, selected] : types_) {
    const auto count = item_count(target_, type);
    if (selected.has_all_items) {
      for (std::uint32_t index = 0; index < count; ++index)
        selected.items.insert(index);
    }
    for (std::uint32_t index = 0; index < count && selected.items.size() < selected.minimum_items;
         ++index)
      selected.items.insert(index);
    if (!target_.is_record(type))
      continue;
    if (!selected.items.empty()) {
      const auto last = target_.skip_wrappers(target_.member(type, *selected.items.rbegin()).type);
      if (target_.kind(last) == type_kind::array && target_.array(last).count == 0)
        selected.items.insert(count - 1);
    }
    for (const auto index : selected.items)
      added.push_back(target_.skip_wrappers(target_.member(type, index).type));
  }
  for (const auto type : added)
    keep(type);
}

std::vector<std::uint8_t> kept_types::write() {
  complete_members();
  // Pointers have the size of `long`. Without `long`, libbpf uses the pointer size of its own
  // process (btf_ptr_sz), which may have 32 bits on a 64-bit kernel.
  const bool has_pointers = std::ranges::any_of(
      types_, [&](const auto& kept) { return target_.kind(kept.first) == type_kind::pointer; });
  if (target_.pointer_size_type() != 0 && (has_pointers || target_.pointer_size() != 8))
    types_.try_emplace(target_.pointer_size_type());
  raw_btf_writer writer(target_.byte_order());
  type_id next = 1;
  type_ids ids;
  for (const auto& [type, selected] : types_)
    ids.emplace(type, next++);

  const auto id_of = [&](type_id type) { return new_id(target_, ids, type); };
  for (const auto& [type, selected] : types_) {
    type_head head{target_.kind(type), target_.name(type)};
    std::vector<std::uint32_t> words;
    switch (head.kind) {
      case type_kind::integer:
        words = {integer_word(target_.integer(type))};
        [[fallthrough]];
      case type_kind::floating_point:
        head.size_or_target = static_cast<std::uint32_t>(target_.size_of(type));
        break;
      case type_kind::structure:
      case type_kind::union_type:
        head.size_or_target = static_cast<std::uint32_t>(target_.size_of(type));
        head.kind_flag = has_bitfields(target_, type, selected.items);
        words = member_words(target_, ids, type, selected.items, head.kind_flag, writer);
        head.item_count = static_cast<std::uint32_t>(selected.items.size());
        break;
      case type_kind::enumeration:
      case type_kind::enumeration64:
        head.size_or_target = static_cast<std::uint32_t>(target_.size_of(type));
        head.kind_flag = target_.is_signed_enumeration(type);
        words = enumerator_words(target_, type, selected.items, writer);
        head.item_count = static_cast<std::uint32_t>(selected.items.size());
        break;
      case type_kind::forward:
        head.kind_flag = target_.is_forward_union(type);
        break;
      case type_kind::array: {
        const auto shape = target_.array(type);
        words = {id_of(shape.element), id_of(shape.index), shape.count};
        break;
      }
      case type_kind::pointer:
        head.size_or_target = selected.has_target ? id_of(target_.target(type)) : 0;
        break;
      case type_kind::function_prototype:
        head.size_or_target = id_of(target_.target(type));
        for (const auto& parameter : target_.parameters(type))
          words.insert(words.end(), {0U, id_of(parameter.type)});
        head.item_count = target_.parameters(type).size();
        break;
      default:
        if (!target_.is_wrapper(type))
          throw failure(
              fmt::format("{} is no type that relocations can be about", target_.describe(type)));
        head.size_or_target = id_of(target_.target(type));
        break;
    }
    writer.add(head, words);
  }
  return writer.finish();
}

}  // namespace ebpfkit::host
