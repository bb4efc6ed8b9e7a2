#include "btf/architecture.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>

#include "runtime/kernel_types/architecture.hpp"

namespace ebpfkit::host {

namespace {

using detail::architecture_row;
using detail::architectures;
using detail::find_architecture;

// Pairs of pt_regs members that no other architecture has together. Some architectures keep the
// user-space registers in a struct of their own, so collect_members() enters anonymous members.
struct register_names {
  std::string_view architecture;
  std::array<std::string_view, 2> members;
};

constexpr std::array<register_names, 10> pt_regs_members = {
    {{"x86", {"di", "r15"}},
     {"x86", {"di", "orig_ax"}},
     {"arm64", {"regs", "pstate"}},
     {"riscv", {"epc", "ra"}},
     {"arm", {"uregs", "uregs"}},
     {"mips", {"cp0_epc", "cp0_status"}},
     {"s390", {"psw", "gprs"}},
     {"powerpc", {"gpr", "nip"}},
     {"loongarch", {"regs", "csr_era"}},
     {"loongarch", {"csr_era", "csr_crmd"}}}};

constexpr int deepest_member = 8;

void collect_members(const type_graph& graph, type_id record, int depth,
                     std::set<std::string_view>& names) {
  for (const auto& member : graph.members(record)) {
    const auto type = graph.skip_wrappers(member.type);
    if (!member.name.empty())
      names.insert(member.name);
    else if (graph.is_record(type) && depth < deepest_member)
      collect_members(graph, type, depth + 1, names);
  }
}

}  // namespace

std::string architecture_of_name(std::string_view name) {
  const auto* row = find_architecture(name);
  return row == nullptr ? std::string() : row->kernel;
}

std::optional<target_cpu> target_cpu_of_name(std::string_view name) {
  const auto* row = find_architecture(name);
  if (row == nullptr)
    return std::nullopt;
  return target_cpu{row->kernel, row->name,
                    row->is_big_endian ? std::endian::big : std::endian::little, row->mcpu};
}

std::string architecture_name_of(std::string_view name) {
  const auto* row = find_architecture(name);
  return row == nullptr ? std::string() : row->name;
}

std::string architecture_of_machine(std::uint16_t machine) {
  for (const auto& row : architectures()) {
    if (row.elf_machine == machine)
      return row.kernel;
  }
  return {};
}

std::string architecture_of_types(const type_graph& graph) {
  const auto pt_regs = graph.find("pt_regs", type_kind::structure);
  if (!pt_regs)
    return {};
  graph.check(*pt_regs);
  std::set<std::string_view> names;
  collect_members(graph, *pt_regs, 0, names);
  for (const auto& [architecture, members] : pt_regs_members) {
    if (std::ranges::all_of(members, [&](auto member) { return names.contains(member); }))
      return std::string(architecture);
  }
  return {};
}

std::string architecture_in_paths(std::string_view architecture, std::uint32_t pointer_size,
                                  std::endian order) {
  // Prefer the row with this word size and byte order, then one with this word size. No kernel
  // writes BTF of any other combination; the first row of the architecture stands in for those.
  const architecture_row* best = nullptr;
  int best_score = -1;
  for (const auto& row : architectures()) {
    if (row.kernel != architecture)
      continue;
    const bool has_size = row.bits == pointer_size * 8;
    const bool has_order = row.is_big_endian == (order == std::endian::big);
    const int score = (has_size ? 2 : 0) + (has_order ? 1 : 0);
    if (score > best_score) {
      best = &row;
      best_score = score;
    }
  }
  return best == nullptr ? std::string(architecture) : best->name;
}

std::vector<std::string> architecture_aliases(std::string_view name) {
  std::vector<std::string> aliases{std::string(name)};
  const auto* row = find_architecture(name);
  if (row == nullptr)
    return aliases;
  const auto add = [&](std::string_view alias) {
    if (alias != name && !alias.ends_with('*'))
      aliases.emplace_back(alias);
  };
  add(row->name);
  for (std::string_view rest = row->spellings; !rest.empty();) {
    const auto spelling = rest.substr(0, rest.find(' '));
    add(spelling);
    rest.remove_prefix(std::min(spelling.size() + 1, rest.size()));
  }
  return aliases;
}

std::string known_architectures() {
  std::vector<std::string_view> kernels;
  for (const auto& row : architectures()) {
    if (kernels.empty() || kernels.back() != row.kernel)
      kernels.emplace_back(row.kernel);
  }
  return fmt::format("{}", fmt::join(kernels, ", "));
}

}  // namespace ebpfkit::host
