#include "object/kernel_btf_use.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "object/bpf_object_file.hpp"
#include "relocation/program_object.hpp"
#include "relocation/report.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

struct program_type {
  std::string_view section;  // the section's name up to the first '/' or '.'
  std::string_view reason;
  std::string_view alternative;
};

constexpr std::string_view attached_by_btf = "the kernel finds what it attaches to in its own BTF";

constexpr std::array<program_type, 9> program_types = {{
    {"fentry", attached_by_btf, "Use SEC(\"kprobe/<function>\")."},
    {"fexit", attached_by_btf, "Use SEC(\"kretprobe/<function>\")."},
    {"fsession", attached_by_btf,
     "Use SEC(\"kprobe/<function>\") and SEC(\"kretprobe/<function>\")."},
    {"fmod_ret", attached_by_btf,
     "Use SEC(\"kprobe/<function>\") with bpf_override_return(), where the kernel allows it."},
    {"tp_btf", attached_by_btf,
     "Use SEC(\"raw_tp/<tracepoint>\") and read the arguments with BPF_CORE_READ()."},
    {"lsm", attached_by_btf,
     "Nothing else can deny; to observe, use SEC(\"kprobe/security_<hook>\")."},
    {"lsm_cgroup", attached_by_btf,
     "Use a cgroup program (SEC(\"cgroup/...\")), or SEC(\"kprobe/security_<hook>\") to observe."},
    {"iter", attached_by_btf, "Read the same from /proc or by netlink."},
    {"struct_ops", "the kernel's BTF describes the struct that is implemented",
     "There is none: kernels without BTF have no struct_ops."},
}};

// Returns "fentry" for "fentry.s/do_open".
std::string_view type_of_section(std::string_view section) {
  return section.substr(0, section.find_first_of("/."));
}

void add_programs(const bpf_object_file& object, std::vector<kernel_btf_use>& uses) {
  for (const auto& program : object.programs()) {
    const auto type = type_of_section(program.section.raw());
    for (const auto& known : program_types) {
      if (known.section == type)
        uses.push_back(
            {fmt::format("program '{}' in section '{}'", program.name, program.section.shown()),
             std::string(known.reason), std::string(known.alternative)});
    }
  }
}

// Adds variables in SEC(".struct_ops"), and functions and variables that are declared __ksym.
void add_section(const type_graph& types, type_id section, std::vector<kernel_btf_use>& uses) {
  const auto section_name = types.name(section);
  for (const auto entry : types.section_entries(section)) {
    const auto name = printable(types.name(entry.variable));
    const auto kind = types.kind(entry.variable);
    if (section_name == ".ksyms" && kind == type_kind::function)
      uses.push_back({fmt::format("kernel function '{}' (__ksym)", name),
                      "the kernel's BTF tells which function is called",
                      "Use a helper of <bpf/bpf_helpers.h>."});
    else if (section_name == ".ksyms" && kind == type_kind::variable &&
             types.skip_wrappers(types.target(entry.variable)) != 0)
      uses.push_back({fmt::format("kernel variable '{}' (__ksym with a type)", name),
                      "the kernel's BTF tells where it is",
                      fmt::format("Declare it as `extern const void {} __ksym` and read it with "
                                  "bpf_probe_read_kernel().",
                                  name)});
    else if ((section_name == ".struct_ops" || section_name == ".struct_ops.link") &&
             kind == type_kind::variable)
      uses.push_back({fmt::format("variable '{}' in section '{}'", name, section_name),
                      "the kernel's BTF describes the struct that is implemented",
                      "There is none: kernels without BTF have no struct_ops."});
  }
}

}  // namespace

std::vector<kernel_btf_use> find_kernel_btf_uses(const bpf_object_file& object) {
  std::vector<kernel_btf_use> uses;
  add_programs(object, uses);
  const auto& types = object.types();
  for (type_id type = 1; type < types.type_count(); ++type) {
    if (types.kind(type) == type_kind::data_section)
      add_section(types, type, uses);
  }
  return uses;
}

bool attaches_by_kernel_btf(const bpf_object_file& object) {
  return std::ranges::any_of(object.programs(), [](const bpf_program_symbol& program) {
    auto section = program.section.raw();
    section.remove_prefix(section.starts_with('?') ? 1 : 0);
    return std::ranges::any_of(program_types, [&](const program_type& known) {
      return known.reason == attached_by_btf && known.section == type_of_section(section);
    });
  });
}

void check_no_kernel_btf(const bpf_object_file& object, std::string_view shown) {
  const auto uses = find_kernel_btf_uses(object);
  if (uses.empty())
    return;
  auto message = fmt::format(
      "'{}': NO_KERNEL_BTF was asked for, and the object cannot be loaded without the kernel's "
      "BTF:",
      shown);
  for (const auto& use : uses)
    message += fmt::format("\n  {}: {}. {}", use.what, use.reason, use.alternative);
  throw failure(message,
                "A program that may be missing can stay: SEC(\"?...\"), turned on by the "
                "application where the kernel has BTF. Or leave NO_KERNEL_BTF "
                "(EBPFKIT_NO_KERNEL_BTF) out.");
}

std::vector<std::string> warn_of_relocations(const program_object& object, std::string_view shown) {
  const auto relocations = object.relocations();
  if (relocations.empty())
    return {};
  const auto& first = relocations.front();
  const auto& place = first.program.empty() ? first.section : first.program;
  return {fmt::format(
      "'{}': NO_KERNEL_BTF was asked for, and the object has CO-RE relocations ({} in '{}'{}). "
      "libbpf needs BTF for them, and no ebpf_embed_btf() names this program.\n"
      "  Embed BTF: ebpf_embed_btf(<name> PROGRAMS <program> BTFS <file or name>). A program that "
      "reads only packets, maps and its context can include <linux/...> headers in place of "
      "vmlinux.h: then it has no relocations. Or leave NO_KERNEL_BTF (EBPFKIT_NO_KERNEL_BTF) out.",
      shown, access_text(object, first), place.shown(),
      relocations.size() == 1 ? "" : fmt::format(", and {} more", relocations.size() - 1))};
}

}  // namespace ebpfkit::host
