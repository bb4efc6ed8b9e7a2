#include "ebpfkit/kernel_types.hpp"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "../errors/diagnosis.hpp"
#include "../errors/log_capture.hpp"
#include "../system/kernel_btf.hpp"

namespace ebpfkit {
namespace {

// Numbers of <linux/btf.h>. Older versions lack the last ones.
constexpr unsigned decl_tag_kind = 17;
constexpr unsigned enum64_kind = 19;

// Anonymous records and typedefs do not nest deeper in any kernel.
constexpr unsigned deepest = 32;

// Behind typedefs and qualifiers.
std::uint32_t skip_wrappers(const btf* types, std::uint32_t id) {
  for (unsigned depth = 0; depth < deepest; ++depth) {
    const btf_type* type = btf__type_by_id(types, id);
    if (!type || (!btf_is_typedef(type) && !btf_is_mod(type)))
      return id;
    id = type->type;
  }
  return 0;
}

bool is_named(const btf* types, std::uint32_t offset, const std::string& name) {
  const char* found = btf__name_by_offset(types, offset);
  return found && name == found;
}

std::int64_t value_of_64(const btf_type* type, unsigned index) {
  // struct btf_enum64: name, low half, high half.
  const auto* words = reinterpret_cast<const std::uint32_t*>(type + 1) + std::size_t{3} * index;
  return static_cast<std::int64_t>(words[1] | std::uint64_t{words[2]} << 32);
}

}  // namespace

void kernel_types::closer::operator()(btf* types) const noexcept {
  btf__free(types);
}

kernel_types::kernel_types(owned_btf base, owned_btf types) noexcept
    : base_(std::move(base)), types_(std::move(types)) {}

result<kernel_types> kernel_types::open() {
  detail::log_capture log;
  btf* types = btf__parse_raw(detail::kernel_btf_file);
  if (const auto code = static_cast<int>(libbpf_get_error(types))) {
    return detail::diagnose_named(
        detail::operation::read, "BTF", detail::kernel_btf_file, code, log.take(),
        code == -ENOENT ? "The running kernel has no BTF (CONFIG_DEBUG_INFO_BTF)." : "");
  }
  return kernel_types(nullptr, owned_btf(types));
}

result<kernel_types> kernel_types::open_module(const std::string& module) {
  if (module.empty() || module.find('/') != std::string::npos)
    return detail::diagnose_named(detail::operation::read, "BTF of module", module.c_str(), EINVAL,
                                  {}, "Give the name of a module, as lsmod prints it.");
  auto base = open();
  if (!base)
    return base;
  detail::log_capture log;
  btf* types = btf__parse_split(("/sys/kernel/btf/" + module).c_str(), base->types_.get());
  if (const auto code = static_cast<int>(libbpf_get_error(types))) {
    return detail::diagnose_named(
        detail::operation::read, "BTF of module", module.c_str(), code, log.take(),
        code == -ENOENT ? "The module is not loaded, or it has no BTF." : "");
  }
  return kernel_types(std::move(base->types_), owned_btf(types));
}

std::uint32_t kernel_types::find(const std::string& type) const {
  for (const unsigned kind :
       {static_cast<unsigned>(BTF_KIND_STRUCT), static_cast<unsigned>(BTF_KIND_UNION),
        static_cast<unsigned>(BTF_KIND_ENUM), enum64_kind, static_cast<unsigned>(BTF_KIND_TYPEDEF),
        static_cast<unsigned>(BTF_KIND_INT)}) {
    const int id = btf__find_by_name_kind(types_.get(), type.c_str(), kind);
    if (id > 0)
      return static_cast<std::uint32_t>(id);
  }
  return 0;
}

bool kernel_types::has_type(const std::string& type) const {
  return find(type) != 0;
}

std::optional<std::size_t> kernel_types::size_of(const std::string& type) const {
  const auto id = find(type);
  const auto size = id == 0 ? -1 : btf__resolve_size(types_.get(), id);
  return size < 0 ? std::nullopt : std::optional<std::size_t>(static_cast<std::size_t>(size));
}

// Adds the place of the member to `place`, and stores its type.
bool kernel_types::find_in(std::uint32_t record, const std::string& name, unsigned depth,
                           std::uint32_t& type, member_place& place) const {
  const btf* types = types_.get();
  record = skip_wrappers(types, record);
  const btf_type* found = btf__type_by_id(types, record);
  if (!found || !btf_is_composite(found) || depth == deepest)
    return false;
  const btf_member* members = btf_members(found);
  for (unsigned i = 0; i < btf_vlen(found); ++i) {
    const auto offset = place.bit_offset + btf_member_bit_offset(found, i);
    if (is_named(types, members[i].name_off, name)) {
      type = members[i].type;
      place.bit_offset = offset;
      place.bitfield_size = btf_member_bitfield_size(found, i);
      return true;
    }
    const char* member_name = btf__name_by_offset(types, members[i].name_off);
    member_place inner = place;
    inner.bit_offset = offset;
    if ((!member_name || *member_name == '\0') &&
        find_in(members[i].type, name, depth + 1, type, inner)) {
      place = inner;
      return true;
    }
  }
  return false;
}

std::optional<member_place> kernel_types::find_member(const std::string& type,
                                                      const std::string& member) const {
  auto id = find(type);
  member_place place;
  for (std::size_t begin = 0; begin <= member.size();) {
    const auto end = std::min(member.find('.', begin), member.size());
    const std::string name(member.data() + begin, end - begin);
    if (id == 0 || name.empty() || !find_in(id, name, 0, id, place))
      return std::nullopt;
    begin = end + 1;
  }
  const auto size = btf__resolve_size(types_.get(), id);
  place.size = size < 0 ? 0 : static_cast<std::size_t>(size);
  return place;
}

std::optional<std::int64_t> kernel_types::enumerator(const std::string& name) const {
  const btf* types = types_.get();
  const auto count = btf__type_cnt(types);
  for (std::uint32_t id = 1; id < count; ++id) {
    const btf_type* type = btf__type_by_id(types, id);
    const bool is_wide = btf_kind(type) == enum64_kind;
    if (!is_wide && btf_kind(type) != BTF_KIND_ENUM)
      continue;
    for (unsigned i = 0; i < btf_vlen(type); ++i) {
      const auto offset = is_wide
                              ? reinterpret_cast<const std::uint32_t*>(type + 1)[std::size_t{3} * i]
                              : btf_enum(type)[i].name_off;
      if (!is_named(types, offset, name))
        continue;
      if (is_wide)
        return value_of_64(type, i);
      return btf_enum(type)[i].val;
    }
  }
  return std::nullopt;
}

bool kernel_types::has_function(const std::string& name) const {
  return btf__find_by_name_kind(types_.get(), name.c_str(), BTF_KIND_FUNC) > 0;
}

support kernel_types::kfunc(const std::string& name) const {
  const btf* types = types_.get();
  if (!has_function(name))
    return support::absent;
  bool marks_any = false;
  const auto count = btf__type_cnt(types);
  for (std::uint32_t id = 1; id < count; ++id) {
    const btf_type* tag = btf__type_by_id(types, id);
    if (btf_kind(tag) != decl_tag_kind || !is_named(types, tag->name_off, "bpf_kfunc"))
      continue;
    marks_any = true;
    const btf_type* function = btf__type_by_id(types, tag->type);
    if (function && is_named(types, function->name_off, name))
      return support::present;
  }
  return marks_any ? support::absent : support::unknown;
}

}  // namespace ebpfkit
