#include "object/hook_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "btf/btf_format.hpp"
#include "support/nearest_names.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {
namespace {

enum class hook_kind : std::uint8_t {
  function,            // of the kernel, for kprobes: any symbol will do
  described_function,  // the kernel takes only functions of BTF
  system_call,
  tracepoint,  // with its category
  raw_tracepoint,
  security_hook,
  iterator,
};

// What stands before the first slash of a SEC() (section_defs of libbpf.c).
struct hook_section {
  std::string_view head;
  hook_kind kind;
};
constexpr std::array<hook_section, 26> hook_sections = {{
    {"kprobe", hook_kind::function},
    {"kretprobe", hook_kind::function},
    {"kprobe.multi", hook_kind::function},
    {"kretprobe.multi", hook_kind::function},
    {"kprobe.session", hook_kind::function},
    {"ksyscall", hook_kind::system_call},
    {"kretsyscall", hook_kind::system_call},
    {"tp", hook_kind::tracepoint},
    {"tracepoint", hook_kind::tracepoint},
    {"raw_tp", hook_kind::raw_tracepoint},
    {"raw_tp.w", hook_kind::raw_tracepoint},
    {"raw_tracepoint", hook_kind::raw_tracepoint},
    {"raw_tracepoint.w", hook_kind::raw_tracepoint},
    {"tp_btf", hook_kind::raw_tracepoint},
    {"fentry", hook_kind::described_function},
    {"fentry.s", hook_kind::described_function},
    {"fexit", hook_kind::described_function},
    {"fexit.s", hook_kind::described_function},
    {"fmod_ret", hook_kind::described_function},
    {"fmod_ret.s", hook_kind::described_function},
    {"fsession", hook_kind::described_function},
    {"lsm", hook_kind::security_hook},
    {"lsm.s", hook_kind::security_hook},
    {"lsm_cgroup", hook_kind::security_hook},
    {"iter", hook_kind::iterator},
    {"iter.s", hook_kind::iterator},
}};

// Whoever writes these names the events himself, or they are no tracepoints of the source.
constexpr std::array<std::string_view, 6> other_events = {"kprobes",   "uprobes",     "eprobes",
                                                          "synthetic", "user_events", "ftrace"};

// More edits make another word of a short name. Functions that differ in a few letters from a
// function of BTF are often right.
std::size_t most_edits(hook_kind kind, std::string_view name) {
  constexpr std::size_t fewest = 2;
  constexpr std::size_t most = 3;
  return kind == hook_kind::function ? fewest : std::clamp(name.size() / 3, fewest, most);
}

// The name of the system call that a function makes: of __x64_sys_openat and __arm64_sys_openat.
std::string_view system_call_of(std::string_view function) {
  constexpr std::string_view mark = "_sys_";
  const auto at = function.find(mark);
  return function.starts_with("__") && at != std::string_view::npos
             ? function.substr(at + mark.size())
             : std::string_view();
}

// The hooks of a kind by the names that SEC() gives them.
std::set<std::string, std::less<>> hooks_of(const type_graph& kernel, hook_kind kind) {
  std::set<std::string, std::less<>> found;
  const auto add_behind = [&](std::string_view name, std::string_view beginning) {
    if (name.size() > beginning.size() && name.starts_with(beginning))
      found.emplace(name.substr(beginning.size()));
  };
  for (type_id type = 1; type < kernel.type_count(); ++type) {
    const auto name = kernel.name(type);
    const auto type_kind_of = kernel.kind(type);
    if (type_kind_of == type_kind::type_definition &&
        (kind == hook_kind::raw_tracepoint || kind == hook_kind::tracepoint))
      add_behind(name, "btf_trace_");
    if (type_kind_of != type_kind::function)
      continue;
    const auto system_call = system_call_of(name);
    switch (kind) {
      case hook_kind::function:
      case hook_kind::described_function:
        found.emplace(name);
        break;
      case hook_kind::system_call:
        found.emplace(system_call);
        break;
      case hook_kind::tracepoint:
        if (!system_call.empty()) {
          found.emplace(fmt::format("sys_enter_{}", system_call));
          found.emplace(fmt::format("sys_exit_{}", system_call));
        }
        break;
      case hook_kind::security_hook:
        add_behind(name, "bpf_lsm_");
        break;
      case hook_kind::iterator:
        add_behind(name, "bpf_iter_");
        break;
      case hook_kind::raw_tracepoint:
        break;
    }
  }
  found.erase("");
  return found;
}

// Cuts the name of the hook out of what follows the head of a section. Nothing where it is no plain
// name: patterns, functions of modules, copies that the compiler made (do_exit.isra.0).
std::optional<std::string_view> hook_name_in(std::string_view rest, hook_kind kind) {
  if (kind == hook_kind::tracepoint) {
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos ||
        std::ranges::find(other_events, rest.substr(0, slash)) != other_events.end())
      return std::nullopt;
    rest.remove_prefix(slash + 1);
  }
  // A kprobe may have an offset.
  const auto name = rest.substr(0, rest.find('+'));
  if (!is_c_identifier(name))
    return std::nullopt;
  return name;
}

struct named_hook {
  hook_kind kind;
  std::string_view name;  // in the text of the section
};

std::optional<named_hook> hook_in(std::string_view section) {
  const auto slash = section.find('/');
  const auto* const known =
      std::ranges::find(hook_sections, section.substr(0, slash), &hook_section::head);
  if (slash == std::string_view::npos || known == hook_sections.end())
    return std::nullopt;
  const auto name = hook_name_in(section.substr(slash + 1), known->kind);
  return name ? std::optional(named_hook{known->kind, *name}) : std::nullopt;
}

}  // namespace

bool names_kernel_hook(std::string_view section) {
  return hook_in(section).has_value();
}

kernel_hooks::kernel_hooks(std::vector<std::shared_ptr<const type_graph>> kernels)
    : kernels_(std::move(kernels)) {}

std::string kernel_hooks::better_hook(std::string_view section) const {
  const auto hook = hook_in(section);
  if (!hook)
    return {};
  const auto [kind, name] = *hook;
  std::set<std::string, std::less<>> hooks;
  for (const auto& kernel : kernels_) {
    auto found = hooks_of(*kernel, kind);
    // Such a kernel says nothing about hooks of this kind.
    if (found.empty() || found.contains(name))
      return {};
    hooks.merge(found);
  }
  const auto nearest = nearest_names(name, {hooks.begin(), hooks.end()});
  if (nearest.empty())
    return {};
  const auto& best = nearest.front();
  if (edit_distance(name, best) > most_edits(kind, name))
    return {};
  const auto begin = static_cast<std::size_t>(name.data() - section.data());
  return fmt::format("{}{}{}", section.substr(0, begin), best, section.substr(begin + name.size()));
}

bool kernel_hooks::lacks_described_hook(std::string_view section) const {
  const auto hook = hook_in(section);
  if (!hook)
    return false;
  const auto [kind, name] = *hook;
  const bool is_described = kind == hook_kind::described_function ||
                            kind == hook_kind::security_hook || kind == hook_kind::iterator ||
                            section.starts_with("tp_btf/");
  return is_described &&
         std::ranges::all_of(kernels_, [&, kind = kind, name = name](const auto& kernel) {
           const auto hooks = hooks_of(*kernel, kind);
           return !hooks.empty() && !hooks.contains(name);
         });
}

std::vector<std::string> hook_warnings(const bpf_object_file& object, const kernel_hooks& kernels,
                                       std::string_view shown) {
  std::vector<std::string> warnings;
  for (const auto& program : object.programs()) {
    const std::string_view section = program.section.raw();
    const auto better = kernels.better_hook(section);
    if (!better.empty())
      warnings.push_back(fmt::format(
          "'{}': program '{}': {} has no hook for SEC(\"{}\"); the nearest is SEC(\"{}\")",
          object.path(), program.name, shown, printable(section), printable(better)));
  }
  return warnings;
}

}  // namespace ebpfkit::host
