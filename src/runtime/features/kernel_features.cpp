#include "ebpfkit/features.hpp"

#include <errno.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../system/text.hpp"
#include "attempts.hpp"
#include "named_features.hpp"
#include "type_and_helper_tables.hpp"
#include "type_probes.hpp"

namespace ebpfkit {
namespace {

constexpr std::uint64_t in_one(unsigned high, unsigned low) noexcept {
  return (std::uint64_t{high} << 32) | low;
}

std::string line_of(const feature_row& row) {
  auto line = detail::formatted("  %-24s%-9s%-6s%s", row.name.c_str(), support_text(row.state),
                                detail::to_text(row.since).c_str(), row.text.c_str());
  while (line.back() == ' ')
    line.pop_back();
  if (row.code != 0)
    line += detail::formatted(" (errno %d)", row.code);
  line += '\n';
  return line;
}

}  // namespace

kernel_features kernel_features::probe() {
  kernel_features found;
  found.may_probe_ = detail::may_probe();
  // If the process lacks the rights, a refusal says nothing about the kernel.
  const auto noted = [&found](const detail::probe_answer& seen) {
    if (!found.may_probe_ && seen.state == support::absent)
      return answer{support::unknown, EPERM};
    return answer{seen.state, seen.code};
  };
  for (std::size_t i = 0; i < kernel_feature_count; ++i) {
    const auto feature = static_cast<kernel_feature>(i);
    const auto seen = detail::named(feature).probe();
    // These two probes need no rights, so their answers count as they are.
    const bool needs_no_right =
        feature == kernel_feature::bpf_syscall || feature == kernel_feature::kernel_btf;
    found.named_[i] = needs_no_right ? answer{seen.state, seen.code} : noted(seen);
  }
  found.program_types_.resize(detail::last_program_type + 1);
  for (unsigned type = 1; type <= detail::last_program_type; ++type)
    found.program_types_[type] = noted(detail::probe_program_type(type));
  found.map_types_.resize(detail::last_map_type + 1);
  for (unsigned type = 1; type <= detail::last_map_type; ++type)
    found.map_types_[type] = noted(detail::probe_map_type(type));
  return found;
}

bool kernel_features::comes_before(const helper_answer& a, const helper_answer& b) noexcept {
  return a.type_and_helper != b.type_and_helper ? a.type_and_helper < b.type_and_helper
                                                : a.attach_type_and_flags < b.attach_type_and_flags;
}

support kernel_features::has(kernel_feature feature) const noexcept {
  return named_[static_cast<std::size_t>(feature)].state;
}

int kernel_features::why_unknown(kernel_feature feature) const noexcept {
  return named_[static_cast<std::size_t>(feature)].code;
}

support kernel_features::has_program_type(unsigned program_type) const {
  return program_type < program_types_.size()
             ? program_types_[program_type].state
             : detail::probe_new_type("bpf_prog_type", program_type,
                                      detail::probe_program_type(program_type));
}

support kernel_features::has_map_type(unsigned map_type) const {
  return map_type < map_types_.size()
             ? map_types_[map_type].state
             : detail::probe_new_type("bpf_map_type", map_type, detail::probe_map_type(map_type));
}

support kernel_features::has_helper(unsigned program_type, unsigned helper, unsigned attach_type,
                                    unsigned program_flags) {
  const helper_answer asked{in_one(program_type, helper), in_one(attach_type, program_flags),
                            support::unknown};
  const auto place = std::lower_bound(helpers_.begin(), helpers_.end(), asked, comes_before);
  if (place != helpers_.end() && !comes_before(asked, *place))
    return place->state;
  auto state = detail::probe_helper(program_type, helper, attach_type, program_flags).state;
  if (!may_probe_ && state == support::absent)
    state = support::unknown;
  helpers_.insert(place, {asked.type_and_helper, asked.attach_type_and_flags, state});
  return state;
}

std::vector<feature_row> kernel_features::rows() const {
  std::vector<feature_row> rows;
  for (std::size_t i = 0; i < kernel_feature_count; ++i) {
    const auto& feature = detail::named(static_cast<kernel_feature>(i));
    rows.push_back(
        {"feature", feature.name, feature.text, feature.since, named_[i].state, named_[i].code});
  }
  for (unsigned type = 1; type < program_types_.size(); ++type)
    rows.push_back({"program type", detail::program_type_name(type), "",
                    detail::program_type_since(type), program_types_[type].state,
                    program_types_[type].code});
  for (unsigned type = 1; type < map_types_.size(); ++type)
    rows.push_back({"map type", detail::map_type_name(type), "", detail::map_type_since(type),
                    map_types_[type].state, map_types_[type].code});
  return rows;
}

std::string kernel_features::text() const {
  std::string text;
  std::string group;
  for (const auto& row : rows()) {
    if (group != row.group) {
      group = row.group;
      text += detail::formatted("%-26sstate    since\n", row.group);
    }
    text += line_of(row);
  }
  return text;
}

}  // namespace ebpfkit
