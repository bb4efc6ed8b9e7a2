#include "embed/task_offsets.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ebpfkit::host {

namespace {

// The member's offset in bytes. Searches anonymous records too.
std::optional<std::uint64_t> find_member(const type_graph& types, type_id record,
                                         std::string_view name, int depth = 0) {
  constexpr int deepest = 8;
  for (const auto& member : types.members(record)) {
    if (member.name == name)
      return member.bit_offset / 8;
    const auto type = types.kind(member.type);
    if (!member.name.empty() || depth == deepest ||
        (type != type_kind::structure && type != type_kind::union_type))
      continue;
    if (const auto inner = find_member(types, member.type, name, depth + 1))
      return member.bit_offset / 8 + *inner;
  }
  return std::nullopt;
}

}  // namespace

std::string find_task_offsets(const type_graph& kernel) {
  static constexpr std::array<std::string_view, 3> members = {"pid", "tgid", "comm"};
  std::string text;
  const auto task = kernel.find("task_struct", type_kind::structure);
  for (const auto member : members) {
    if (const auto offset = task ? find_member(kernel, *task, member) : std::nullopt)
      text += fmt::format("{}{}:{}", text.empty() ? "" : " ", member, *offset);
  }
  return text;
}

}  // namespace ebpfkit::host
