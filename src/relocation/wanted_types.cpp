#include "relocation/wanted_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <utility>

#include "btf/btf_blob.hpp"
#include "btf/btf_format.hpp"
#include "btf/checked_btf.hpp"
#include "relocation/access_spec.hpp"
#include "relocation/compatibility.hpp"
#include "relocation/raw_btf_writer.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

constexpr const char* btf_is_damaged =
    "The BTF is damaged, or newer than this program; make it again.";

constexpr std::uint32_t kind_bit(type_kind kind) {
  return 1U << static_cast<unsigned>(kind);
}

std::uint32_t compatible_kinds(type_kind kind) {
  constexpr auto enumerations =
      kind_bit(type_kind::enumeration) | kind_bit(type_kind::enumeration64);
  return (kind_bit(kind) & enumerations) != 0 ? enumerations : kind_bit(kind);
}

// Returns the index of the first two characters in the table. `text` ends with a NUL.
std::size_t first_two_of(const char* text) {
  const auto first = static_cast<unsigned char>(text[0]);
  return first == 0 ? 0 : first * std::size_t{256} + static_cast<unsigned char>(text[1]);
}

}  // namespace

// Takes the wanted types out of one BTF.
class type_extractor {
 public:
  type_extractor(const wanted_types& wanted, const btf_parts& parts)
      : wanted_(wanted), parts_(parts), is_swapped_(parts.order != std::endian::native) {
    if (parts_.text.empty() || parts_.text.front() != 0 || parts_.text.back() != 0)
      throw failure("the BTF string section does not begin and end with a NUL byte",
                    btf_is_damaged);
  }

  std::vector<std::uint8_t> run() {
    if (is_swapped_)
      find_roots<true>();
    else
      find_roots<false>();
    while (!pending_.empty()) {
      const auto type = pending_.back();
      pending_.pop_back();
      follow(type);
    }
    return write();
  }

 private:
  // What is taken of a type.
  struct taken {
    std::uint32_t position = 0;  // of its first word
    bool behind_pointers = false;
    bool all_items = false;
    std::vector<std::uint32_t> members;  // indices of the members that are taken
  };

  // Stores the position of every 32nd type only. This is enough to find the few types that are
  // followed, and small enough for the cache.
  static constexpr std::uint32_t stride = 32;

  // Returns a word in the host's byte order. `Swapped`: the BTF has the other byte order.
  template <bool Swapped>
  std::uint32_t load(std::size_t word) const {
    std::uint32_t value = 0;
    std::memcpy(&value, parts_.types.data() + word * 4, sizeof value);
    return Swapped ? __builtin_bswap32(value) : value;
  }
  std::uint32_t load(std::size_t word) const {
    return is_swapped_ ? load<true>(word) : load<false>(word);
  }

  static type_kind kind_of(std::uint32_t info) {
    return static_cast<type_kind>(btf_kind_number(info));
  }
  static std::size_t length_of(std::uint32_t info) {
    const auto& length = btf_kind_lengths[btf_kind_number(info)];
    return length.fixed + std::size_t{btf_item_count(info)} * length.each;
  }

  const char* text_data(type_id type, std::uint32_t offset) const {
    if (offset >= parts_.text.size())
      throw failure(
          fmt::format("BTF type {}: its name is at {}, beyond the string section", type, offset),
          btf_is_damaged);
    return reinterpret_cast<const char*>(parts_.text.data()) + offset;
  }
  std::string_view text(type_id type, std::uint32_t offset,
                        std::size_t longest = longest_btf_identifier) const {
    const auto name = bounded_btf_name(text_data(type, offset), longest);
    if (name.size() > longest)
      throw failure(
          fmt::format(
              "BTF type {}: its name or the name of one of its parts is longer than {} characters",
              type, longest),
          btf_is_damaged);
    return name;
  }

  template <bool Swapped>
  void find_roots() {
    const std::size_t words = parts_.types.size() / 4;
    const auto wanted_kinds = wanted_.root_kinds_;
    type_id type = 1;
    for (std::size_t position = 0; position < words; ++type) {
      if (type % stride == 0)
        checkpoints_.push_back(static_cast<std::uint32_t>(position));
      if (words - position < 3)
        throw failure(fmt::format("BTF type {} is cut off", type), btf_is_damaged);
      const auto info = load<Swapped>(position + 1);
      const auto length = length_of(info);
      if (length == 0 || (info & btf_unknown_info_bits) != 0)
        fail_head(type, info);
      if (words - position < length)
        throw failure(fmt::format("BTF type {} is cut off", type), btf_is_damaged);
      const auto kind = kind_of(info);
      if (kind == type_kind::integer)
        take(type, position, false, false);
      else if ((wanted_kinds >> static_cast<unsigned>(kind) & 1) != 0)
        consider(type, kind, position, load<Swapped>(position));
      position += length;
    }
    type_count_ = type;
  }

  [[noreturn]] static void fail_head(type_id type, std::uint32_t info) {
    if (length_of(info & 0xff000000) == 0)
      throw failure(fmt::format("BTF type {} has the unknown kind {}", type, btf_kind_number(info)),
                    "Kinds 1 (int) to 19 (enum64) are known: the BTF is damaged or newer.");
    throw failure(fmt::format("BTF type {} has unknown flags (info {:#x})", type, info),
                  btf_is_damaged);
  }

  // Takes the type if its name is wanted.
  void consider(type_id type, type_kind kind, std::size_t position, std::uint32_t name_offset) {
    if (name_offset == 0)
      return;
    const auto first = first_two_of(text_data(type, name_offset));
    if ((wanted_.first_two_[first / 64] >> first % 64 & 1) == 0)
      return;
    const auto* root = wanted_.find_root(essential_name(text(type, name_offset)));
    if (root != nullptr && (root->kinds & kind_bit(kind)) != 0)
      take(type, position, root->behind_pointers, root->all_items);
  }

  void take(type_id type, std::size_t position, bool behind_pointers, bool all_items) {
    const auto [entry, is_new] = taken_.try_emplace(type);
    auto& content = entry->second;
    content.position = static_cast<std::uint32_t>(position);
    const bool is_more =
        (behind_pointers && !content.behind_pointers) || (all_items && !content.all_items);
    content.behind_pointers |= behind_pointers;
    content.all_items |= all_items;
    if (is_new || is_more)
      pending_.push_back(type);
  }

  // Takes a type that a taken type refers to.
  void take_reference(type_id from, type_id to, bool behind_pointers, bool all_items = false) {
    if (to == 0)
      return;
    if (to >= type_count_)
      throw failure(fmt::format("BTF type {} refers to type {}, which does not exist", from, to),
                    btf_is_damaged);
    const auto position = position_of(to);
    const auto kind = kind_of(load(position + 1));
    if (!is_type(kind))
      throw failure(fmt::format("BTF type {} refers to type {}, a {}, as if that were a type", from,
                                to, kind_name(kind)),
                    btf_is_damaged);
    take(to, position, behind_pointers, all_items);
  }

  std::size_t position_of(type_id type) const {
    auto known = type / stride * stride;
    std::size_t position = known == 0 ? 0 : checkpoints_[known / stride - 1];
    for (known = std::max(known, 1U); known < type; ++known)
      position += length_of(load(position + 1));
    return position;
  }

  void follow(type_id type) {
    auto& content = taken_.at(type);
    const std::size_t position = content.position;
    const auto info = load(position + 1);
    const auto target = load(position + 2);
    const bool deep = content.behind_pointers;
    switch (kind_of(info)) {
      case type_kind::structure:
      case type_kind::union_type:
        return follow_members(type, content, btf_item_count(info));
      case type_kind::pointer:
        return deep ? take_reference(type, target, true) : void();
      case type_kind::array:
        take_reference(type, load(position + 3), deep);
        return take_reference(type, load(position + 4), false);
      case type_kind::function_prototype:
        if (!deep)
          return;
        for (std::size_t i = 0; i < btf_item_count(info); ++i)
          take_reference(type, load(position + 4 + i * 2), true);
        return take_reference(type, target, true);
      case type_kind::type_definition:
      case type_kind::volatile_qualifier:
      case type_kind::const_qualifier:
      case type_kind::restrict_qualifier:
      case type_kind::type_tag:
        return take_reference(type, target, deep, content.all_items);
      default:
        return;
    }
  }

  void follow_members(type_id type, taken& content, std::uint32_t count) {
    std::vector<std::uint32_t> members;
    for (std::uint32_t index = 0; index < count; ++index) {
      const auto at = content.position + 3 + std::size_t{index} * 3;
      const auto name = text(type, load(at));
      // Keep the last member: an array without a size is flexible only there.
      if (content.all_items || name.empty() || index + 1 == count ||
          wanted_.members_.contains(name))
        members.push_back(index);
    }
    const auto position = content.position;
    content.members = std::move(members);
    // The map may grow in this loop; references into it stay valid.
    for (const auto index : content.members) {
      const auto at = position + 3 + std::size_t{index} * 3;
      const bool is_anonymous = text(type, load(at)).empty();
      take_reference(type, load(at + 1), false, content.all_items && is_anonymous);
    }
  }

  std::vector<std::uint8_t> write() {
    std::map<type_id, type_id> ids;
    type_id next = 1;
    for (const auto& [type, content] : taken_)
      ids.emplace_hint(ids.end(), type, next++);
    ids.emplace(0, 0);

    raw_btf_writer writer(parts_.order);
    for (const auto& [type, content] : taken_) {
      const std::size_t position = content.position;
      const auto info = load(position + 1);
      const auto kind = kind_of(info);
      const auto longest = kind == type_kind::type_tag ? longest_btf_name : longest_btf_identifier;
      type_head head{kind, text(type, load(position), longest), load(position + 2),
                     btf_item_count(info), info >> 31 != 0};
      std::vector<std::uint32_t> words;
      switch (head.kind) {
        case type_kind::structure:
        case type_kind::union_type:
          head.item_count = static_cast<std::uint32_t>(content.members.size());
          for (const auto index : content.members) {
            const auto at = position + 3 + std::size_t{index} * 3;
            words.insert(words.end(),
                         {writer.text(text(type, load(at))), ids.at(load(at + 1)), load(at + 2)});
          }
          break;
        case type_kind::enumeration:
        case type_kind::enumeration64:
          head.item_count = content.all_items ? head.item_count : 0;
          for (std::size_t i = 0; i < head.item_count; ++i)
            append_enumerator(type, position, info, i, writer, words);
          break;
        case type_kind::pointer:
          head.size_or_target = content.behind_pointers ? ids.at(head.size_or_target) : 0;
          break;
        case type_kind::function_prototype:
          head.size_or_target = content.behind_pointers ? ids.at(head.size_or_target) : 0;
          head.item_count = content.behind_pointers ? head.item_count : 0;
          for (std::size_t i = 0; i < head.item_count; ++i)
            words.insert(words.end(), {0U, ids.at(load(position + 4 + i * 2))});
          break;
        case type_kind::array:
          words = {ids.at(load(position + 3)), ids.at(load(position + 4)), load(position + 5)};
          break;
        case type_kind::integer:
          words = {load(position + 3)};
          break;
        case type_kind::floating_point:
        case type_kind::forward:
          break;
        default:
          head.size_or_target = ids.at(head.size_or_target);
          break;
      }
      writer.add(head, words);
    }
    return writer.finish();
  }

  void append_enumerator(type_id type, std::size_t position, std::uint32_t info, std::size_t index,
                         raw_btf_writer& writer, std::vector<std::uint32_t>& words) const {
    const std::size_t each = btf_kind_lengths[btf_kind_number(info)].each;
    const auto at = position + 3 + index * each;
    words.push_back(writer.text(text(type, load(at))));
    for (std::size_t word = 1; word < each; ++word)
      words.push_back(load(at + word));
  }

  const wanted_types& wanted_;
  const btf_parts parts_;
  const bool is_swapped_;
  std::vector<std::uint32_t> checkpoints_;
  type_id type_count_ = 0;
  std::map<type_id, taken> taken_;
  std::vector<type_id> pending_;
};

wanted_types::wanted_types(std::span<const program_object> objects) : first_two_(65536 / 64) {
  add_root("pt_regs", type_kind::structure, false, true);
  add_root("task_struct", type_kind::structure, false, false);
  members_.insert({"pid", "tgid", "comm"});
  for (const auto& object : objects) {
    for (const auto& relocation : object.relocations()) {
      if (!object.types().contains(relocation.type) ||
          relocation.kind == relocation_kind::type_id_local)
        continue;
      needs_all_ |= relocation.kind == relocation_kind::type_matches;
      add_root(object.types().name(relocation.type), object.types().kind(relocation.type),
               is_type_relocation(relocation.kind), is_enumerator_relocation(relocation.kind));
      try {
        const auto spec =
            parse_access(object.types(), relocation.kind, relocation.type, relocation.access.raw());
        for (const auto& step : spec.accessors)
          members_.insert(step.name);
      } catch (const failure&) {
        // libbpf refuses this relocation before it looks at a kernel.
      }
    }
  }
}

void wanted_types::add_root(std::string_view name, type_kind kind, bool behind_pointers,
                            bool all_items) {
  const auto essential = essential_name(name);
  // Functions, variables and the like are compatible with no type.
  if (essential.empty() || !is_type(kind))
    return;
  auto& root = roots_[essential];
  root.kinds |= compatible_kinds(kind);
  root.behind_pointers |= behind_pointers;
  root.all_items |= all_items;
  root_kinds_ |= root.kinds;
  const auto expect = [&](char second) {
    const char first[] = {essential[0], second, '\0'};
    const auto bit = first_two_of(first);
    first_two_[bit / 64] |= std::uint64_t{1} << bit % 64;
  };
  expect(essential.size() > 1 ? essential[1] : '\0');
  if (essential.size() == 1)
    expect('_');  // the name may have a flavour
}

const wanted_types::wanted_root* wanted_types::find_root(std::string_view essential) const {
  const auto found = roots_.find(essential);
  return found == roots_.end() ? nullptr : &found->second;
}

bool wanted_types::can_extract(std::span<const std::uint8_t> file) const {
  return !needs_all_ && has_btf_magic(file) && !is_split_btf(file);
}

std::vector<std::uint8_t> wanted_types::extract(std::span<const std::uint8_t> btf) const {
  std::string problem;
  const auto parts = btf_blob_parts(btf, &problem);
  if (!parts)
    throw failure(problem, btf_is_damaged);
  return type_extractor(*this, *parts).run();
}

}  // namespace ebpfkit::host
