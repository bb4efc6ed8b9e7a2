#include "input/architecture.hpp"

#include <elf.h>

#include <algorithm>
#include <array>
#include <set>

namespace ebpfkit {

namespace {

struct machine_name {
  std::uint16_t machine;
  std::string_view architecture;
};

constexpr std::uint16_t em_loongarch = 258;  // <elf.h> of glibc before 2.36 lacks it

constexpr std::array<machine_name, 11> machines = {{{EM_X86_64, "x86"},
                                                    {EM_386, "x86"},
                                                    {EM_AARCH64, "arm64"},
                                                    {EM_ARM, "arm"},
                                                    {EM_RISCV, "riscv"},
                                                    {EM_S390, "s390"},
                                                    {EM_PPC64, "powerpc"},
                                                    {EM_PPC, "powerpc"},
                                                    {EM_MIPS, "mips"},
                                                    {EM_MIPS_RS3_LE, "mips"},
                                                    {em_loongarch, "loongarch"}}};

// Names that stand for one another, the one for file names first. Word sizes and byte orders apart:
// their kernels are not the same.
struct alias_group {
  std::string_view architecture;
  std::vector<std::string_view> names;
};

const std::vector<alias_group>& alias_groups() {
  static const std::vector<alias_group> groups = {
      {"x86", {"x86_64", "amd64", "x86"}},
      {"x86", {"i386", "i486", "i586", "i686"}},
      {"arm64", {"arm64", "aarch64"}},
      {"arm", {"arm", "armhf", "armv7l", "armv7"}},
      {"riscv", {"riscv64", "riscv"}},
      {"riscv", {"riscv32"}},
      {"s390", {"s390x", "s390"}},
      {"powerpc", {"ppc64le", "ppc64el", "powerpc64le"}},
      {"powerpc", {"ppc64", "powerpc64"}},
      {"powerpc", {"powerpc", "ppc"}},
      {"mips", {"mips64el", "mips64le"}},
      {"mips", {"mipsel", "mipsle"}},
      {"mips", {"mips64"}},
      {"mips", {"mips"}},
      {"loongarch", {"loongarch64", "loong64", "loongarch"}},
  };
  return groups;
}

const alias_group* group_of(std::string_view name) {
  const auto& groups = alias_groups();
  const auto found = std::ranges::find_if(groups, [name](const alias_group& group) {
    return std::ranges::count(group.names, name) != 0;
  });
  return found == groups.end() ? nullptr : &*found;
}

// Members of pt_regs that no other architecture has together. User-space registers come in a
// struct of their own on some, so anonymous members are gone into.
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
  const auto* group = group_of(name);
  return group == nullptr ? std::string() : std::string(group->architecture);
}

std::string architecture_of_machine(std::uint16_t machine) {
  const auto found = std::ranges::find(machines, machine, &machine_name::machine);
  return found == machines.end() ? std::string() : std::string(found->architecture);
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
  const bool is_little = order == std::endian::little;
  const bool is_wide = pointer_size == 8;
  if (architecture == "x86")
    return is_wide ? "x86_64" : "i386";
  if (architecture == "riscv")
    return is_wide ? "riscv64" : "riscv32";
  if (architecture == "powerpc" && is_wide)
    return is_little ? "ppc64le" : "ppc64";
  if (architecture == "mips")
    return std::string("mips") + (is_wide ? "64" : "") + (is_little ? "el" : "");
  const auto* group = group_of(architecture);
  return std::string(group == nullptr ? architecture : group->names.front());
}

std::vector<std::string> architecture_aliases(std::string_view name) {
  std::vector<std::string> aliases{std::string(name)};
  if (const auto* group = group_of(name)) {
    for (const auto other : group->names) {
      if (other != name)
        aliases.emplace_back(other);
    }
  }
  return aliases;
}

}  // namespace ebpfkit
