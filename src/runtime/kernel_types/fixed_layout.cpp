#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../errors/diagnosis.hpp"
#include "../errors/log_capture.hpp"
#include "../system/kernel_btf.hpp"
#include "../system/running_kernel.hpp"
#include "../system/text.hpp"
#include "ebpfkit/object.hpp"
#include "fixed_layout_tag.hpp"

namespace ebpfkit {
namespace {

using detail::fixed_layout_tag;
using detail::formatted;

constexpr std::uint32_t kind_of_declaration_tag = 17;  // BTF_KIND_DECL_TAG, Linux 5.16

const char* text_at(const btf* types, std::uint32_t offset) {
  const char* text = btf__name_by_offset(types, offset);
  return text ? text : "";
}

struct tagged_record {
  const btf_type* type = nullptr;
  const char* headers = "";  // "linux/sched.h of Linux 6.1.0 for x86_64-linux-gnu"
};

std::vector<tagged_record> find_tagged_records(const btf* types) {
  std::vector<tagged_record> found;
  for (std::uint32_t id = 1; id < btf__type_cnt(types); ++id) {
    const auto* tag = btf__type_by_id(types, id);
    if (btf_kind(tag) != kind_of_declaration_tag)
      continue;
    const char* text = text_at(types, tag->name_off);
    const auto* record = btf__type_by_id(types, tag->type);
    if (detail::first(text, fixed_layout_tag.size()) == fixed_layout_tag && record &&
        btf_is_composite(record) && *text_at(types, record->name_off) != '\0')
      found.push_back({record, text + fixed_layout_tag.size()});
  }
  return found;
}

struct compared_place {
  std::uint32_t bit_offset = 0;
  std::uint32_t bits = 0;  // the size of the bit-field or of the type; 0: the type has no size

  bool operator!=(const compared_place& other) const {
    return bit_offset != other.bit_offset || bits != other.bits;
  }
};

compared_place place_of(const btf* types, const btf_type* record, std::uint32_t index) {
  const auto width = btf_member_bitfield_size(record, index);
  const auto bytes = width == 0 ? btf__resolve_size(types, btf_members(record)[index].type) : 0;
  return {btf_member_bit_offset(record, index), width != 0  ? width
                                                : bytes > 0 ? static_cast<std::uint32_t>(bytes) * 8
                                                            : 0};
}

// The record that is the type of a member without a name; null for other members.
const btf_type* anonymous_record(const btf* types, const btf_member& member) {
  if (member.name_off != 0 && *text_at(types, member.name_off) != '\0')
    return nullptr;
  const auto id = btf__resolve_type(types, member.type);
  const auto* type = id >= 0 ? btf__type_by_id(types, static_cast<std::uint32_t>(id)) : nullptr;
  return type && btf_is_composite(type) ? type : nullptr;
}

constexpr int deepest_record = 16;

std::optional<compared_place> find_member(const btf* types, const btf_type* record,
                                          std::string_view name, int depth = 0) {
  for (std::uint32_t index = 0; index < btf_vlen(record); ++index) {
    const auto& member = btf_members(record)[index];
    if (text_at(types, member.name_off) == name)
      return place_of(types, record, index);
    const auto* inner = depth < deepest_record ? anonymous_record(types, member) : nullptr;
    if (!inner)
      continue;
    if (auto found = find_member(types, inner, name, depth + 1)) {
      found->bit_offset += btf_member_bit_offset(record, index);
      return found;
    }
  }
  return std::nullopt;
}

class comparer {
 public:
  comparer(const btf* types, const btf* kernel) : types_(types), kernel_(kernel) {}

  void compare(const btf_type* record) {
    name_ = text_at(types_, record->name_off);
    const auto id = btf__find_by_name_kind(kernel_, name_.c_str(), btf_kind(record));
    if (id > 0)
      compare_members(record, btf__type_by_id(kernel_, static_cast<std::uint32_t>(id)), 0, 0);
  }

  // Sentences about the first differences; empty when there are none.
  std::string text() const {
    return differences_ <= shown
               ? text_
               : formatted("%s And %zu more.", text_.c_str(), differences_ - shown);
  }

 private:
  static constexpr std::size_t shown = 3;

  void compare_members(const btf_type* record, const btf_type* of_kernel, std::uint32_t base,
                       int depth) {
    for (std::uint32_t index = 0; index < btf_vlen(record); ++index) {
      const auto& member = btf_members(record)[index];
      auto place = place_of(types_, record, index);
      place.bit_offset += base;
      if (const auto* inner = depth < deepest_record ? anonymous_record(types_, member) : nullptr)
        compare_members(inner, of_kernel, place.bit_offset, depth + 1);
      else if (const char* name = text_at(types_, member.name_off); *name != '\0')
        compare_member(name, place, find_member(kernel_, of_kernel, name));
    }
  }

  void compare_member(const char* member, const compared_place& place,
                      const std::optional<compared_place>& of_kernel) {
    if (of_kernel && !(place != *of_kernel))
      return;
    if (++differences_ > shown)
      return;
    text_ += formatted(" %s.%s is at bit %u with %u bits in the headers, on this kernel ",
                       name_.c_str(), member, place.bit_offset, place.bits);
    text_ += of_kernel ? formatted("at bit %u with %u.", of_kernel->bit_offset, of_kernel->bits)
                       : "it is not there.";
  }

  const btf* types_;
  const btf* kernel_;
  std::string name_;
  std::string text_;
  std::size_t differences_ = 0;
};

// Returns "6.1.76" for "task.h of Linux 6.1.76 for x86_64-linux-gnu". Empty when the headers do not
// tell their release.
std::string release_of(std::string_view headers) {
  constexpr std::string_view mark = " of Linux ";
  const auto at = headers.rfind(mark);
  if (at == std::string_view::npos)
    return {};
  headers.remove_prefix(at + mark.size());
  return std::string(headers.substr(0, headers.find(' ')));
}

// Installed headers say "6.1.76" when uname(2) says "6.1.76-openwrt".
bool is_release(std::string_view running, const std::string& recorded) {
  return running.substr(0, recorded.size()) == recorded &&
         (running.size() == recorded.size() || !strchr("0123456789.", running[recorded.size()]));
}

std::string compare_releases(std::string_view headers) {
  const auto running = detail::running_kernel_release();
  const auto recorded = release_of(headers);
  if (recorded.empty())
    return " The kernel has no BTF to compare with, and the headers do not tell their release.";
  if (is_release(running, recorded))
    return {};
  return formatted(" The kernel has no BTF to compare with, and its release is '%s', not '%s'.",
                   running.c_str(), recorded.c_str());
}

}  // namespace

result<void> check_fixed_layout(const bpf_object* object) {
  const btf* types = bpf_object__btf(object);
  if (!types)
    return {};
  const auto records = find_tagged_records(types);
  if (records.empty())
    return {};
  const char* headers = records.front().headers;
  std::string differences;
  const detail::log_capture silence;
  const detail::unique_btf kernel(btf__parse(detail::kernel_btf_file, nullptr));
  if (kernel) {
    comparer compared(types, kernel.get());
    for (const auto& record : records)
      compared.compare(record.type);
    differences = compared.text();
  } else {
    for (const auto& record : records) {
      headers = record.headers;
      differences = compare_releases(headers);
      if (!differences.empty())
        break;
    }
  }
  if (differences.empty())
    return {};
  auto failure = detail::diagnose(detail::operation::load,
                                  detail::quoted("object", bpf_object__name(object)), EOPNOTSUPP);
  failure.remedy = formatted(
      "Its kernel types come from C headers (%s), without CO-RE, and would be wrong here.%s Build "
      "it with this kernel's headers, or with BTF instead of HEADERS; to load it all the same, set "
      "load_options::force_fixed_layout.",
      headers, differences.c_str());
  return failure;
}

}  // namespace ebpfkit
