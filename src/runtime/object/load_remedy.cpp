#include "load_remedy.hpp"

#include <bpf/libbpf.h>
#include <errno.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "../errors/diagnosis.hpp"
#include "../errors/log_capture.hpp"
#include "../features/type_probes.hpp"
#include "../system/free_descriptors.hpp"
#include "../system/section_names.hpp"
#include "../system/text.hpp"

namespace ebpfkit::detail {
namespace {

constexpr auto npos = std::string_view::npos;

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != npos;
}

std::string_view behind(std::string_view text, std::size_t begin) {
  text.remove_prefix(std::min(begin, text.size()));
  return text;
}

// "libbpf: prog 'x': missing BPF prog type, check ELF section name 'xdp_pass'"
// (bpf_object_load_prog() of libbpf.c).
std::string section_remedy(std::string_view log) {
  constexpr std::string_view message = "missing BPF prog type, check ELF section name '";
  const auto begin = log.find(message);
  if (begin == npos)
    return {};
  const auto rest = behind(log, begin + message.size());
  const std::string section(first(rest, rest.find('\'')));
  log_capture names;
  bpf_prog_type type{};
  bpf_attach_type attach_type{};
  static_cast<void>(libbpf_prog_type_by_name(section.c_str(), &type, &attach_type));
  const auto printed = names.take();
  const auto list = printed.find(section_names_message);
  const auto nearest =
      list == printed.npos
          ? std::string()
          : better_section(section,
                           behind(printed, list + std::string_view(section_names_message).size()));
  return formatted("libbpf knows no section '%s'%s%s%s: write another SEC() in the BPF source.",
                   section.c_str(), nearest.empty() ? "" : "; the nearest is '", nearest.c_str(),
                   nearest.empty() ? "" : "'");
}

// Whether libbpf looks for the hook in the kernel's own BTF. A file cannot stand in for it.
bool needs_kernel_btf(const bpf_program* program) {
  const auto type = static_cast<unsigned>(bpf_program__type(program));
  return type == BPF_PROG_TYPE_STRUCT_OPS ||
         (is_btf_program_type(type) && type != BPF_PROG_TYPE_EXT);
}

// The last line of the kernel's log about BTF names the fault. An indented line is about an item of
// the type that the nearest line without indentation names (kernel/bpf/btf.c):
//   [34] DATASEC .bss size=8 vlen=2
//   \t type_id=32 offset=0 size=1 Invalid size
std::string btf_fault(std::string_view log) {
  constexpr std::string_view begin_mark = "-- BEGIN BTF LOAD LOG ---\n";
  const auto begin = log.rfind(begin_mark);
  if (begin == npos)
    return {};
  log = behind(log, begin + begin_mark.size());
  log = first(log, log.find("-- END BTF LOAD LOG --"));
  log = first(log, log.find_last_not_of(" \t\n") + 1);  // npos + 1 is 0
  const auto item = behind(log, log.rfind('\n') + 1);
  const auto text = item.find_first_not_of(" \t");
  if (text == 0 || text == npos)
    return std::string(item);
  auto rest = first(log, log.size() - item.size());
  while (!rest.empty()) {
    rest = first(rest, rest.size() - 1);
    const auto line = behind(rest, rest.rfind('\n') + 1);
    if (!line.empty() && line.front() != ' ' && line.front() != '\t')
      return joined({line, ": ", behind(item, text)});
    rest = first(rest, rest.size() - line.size());
  }
  return std::string(behind(item, text));
}

std::string btf_remedy(const bpf_object* object, std::string_view log) {
  if (!has(log, "failed to find valid kernel BTF") && !has(log, "Error loading vmlinux BTF") &&
      !has(log, "vmlinux BTF is not found"))
    return {};
  const bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(object, const_cast<bpf_program*>(program)))) {
    if (bpf_program__autoload(program) && needs_kernel_btf(program))
      return formatted(
          "The running kernel has no BTF (CONFIG_DEBUG_INFO_BTF), and program '%s' (SEC(\"%s\")) "
          "needs the kernel's own: no file replaces it. Switch the program off with "
          "set_autoload(false), or use a kprobe, a tracepoint or a raw tracepoint.",
          bpf_program__name(program), bpf_program__section_name(program));
  }
  return {};
}

std::string program_remedy(const bpf_program* program) {
  const auto type = bpf_program__type(program);
  const auto* type_name = libbpf_bpf_prog_type_str(type);
  const auto attach_type = bpf_program__expected_attach_type(program);
  if (!type_name)
    return {};
  if (probe_program_type(type).state == support::absent)
    return formatted(
        "The running kernel has no programs of the type %s: it is too old, or was built "
        "without them.",
        type_name);
  const auto* attach_name = libbpf_bpf_attach_type_str(attach_type);
  if (attach_type != 0 && attach_name &&
      probe_attach_type(type, attach_type, 0).state == support::absent)
    return formatted("The running kernel has programs of the type %s, but not for %s.", type_name,
                     attach_name);
  return formatted(
      "The running kernel has programs of the type %s: it refuses something else, such as flags or "
      "BTF.",
      type_name);
}

std::string map_remedy(const bpf_map* map) {
  const auto type = bpf_map__type(map);
  const auto* type_name = libbpf_bpf_map_type_str(type);
  if (!type_name)
    return {};
  if (probe_map_type(type).state == support::absent)
    return formatted(
        "The running kernel has no maps of the type %s: it is too old, or was built without them.",
        type_name);
  return formatted(
      "The running kernel has maps of the type %s: it refuses the key size (%u), the "
      "value size (%u), max_entries (%u) or the flags (0x%x).",
      type_name, bpf_map__key_size(map), bpf_map__value_size(map), bpf_map__max_entries(map),
      bpf_map__map_flags(map));
}

// libbpf tries features of the kernel. When it cannot open a descriptor for that, it takes the
// feature for missing and goes on (kernel_supports() of libbpf.c). The verifier then rejects what
// libbpf made without the feature: "BPF map '.bss' is referenced but wasn't created".
std::string few_descriptors_remedy(const bpf_object* object) {
  constexpr unsigned for_trying = 3;  // the object's BTF, and a map and a program that are tried
  unsigned needed = for_trying;
  const bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(object, const_cast<bpf_program*>(program))))
    needed += bpf_program__autoload(program) ? 1 : 0;
  const bpf_map* map = nullptr;
  while ((map = bpf_object__next_map(object, map)))
    needed += bpf_map__autocreate(map) ? 1 : 0;
  // Only the BTF is still there after the load has failed.
  if (bpf_object__btf_fd(object) >= 0)
    --needed;
  const auto found = free_descriptors(needed);
  if (found == needed)
    return {};
  return formatted(
      "The process may open only %u more files, and this object needs up to %u (RLIMIT_NOFILE): "
      "libbpf then takes features for missing.",
      found, needed);
}

}  // namespace

// "libbpf: Error loading .BTF into kernel: -22. BTF is optional, ignoring." Newer libbpf prints the
// name of the error there (bpf_object__sanitize_and_load_btf() of libbpf.c).
std::string refused_btf_text(std::string_view log) {
  constexpr std::string_view message = "Error loading .BTF into kernel: ";
  const auto begin = log.find(message);
  if (begin == npos)
    return {};
  const auto rest = behind(log, begin + message.size());
  const auto line = first(rest, rest.find('\n'));
  const auto fault = btf_fault(first(log, begin));
  return joined({"The kernel refused the object's BTF (", first(line, line.find('.')), ")",
                 has(line, "BTF is optional") ? ", and libbpf went on without BTF" : "", ".",
                 fault.empty() ? "" : " The kernel says: ", fault});
}

std::string load_remedy_for(const bpf_object* object, const ebpfkit::error& failure) {
  if (is_shortage(failure.code))
    return {};
  if (auto remedy = few_descriptors_remedy(object); !remedy.empty())
    return remedy;
  if (auto remedy = section_remedy(failure.libbpf_log); !remedy.empty())
    return remedy;
  if (auto remedy = btf_remedy(object, failure.libbpf_log); !remedy.empty())
    return remedy;
  if (failure.code != EINVAL || !failure.remedy.empty())
    return {};
  const bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(object, const_cast<bpf_program*>(program)))) {
    if (failure.object == quoted("program", bpf_program__name(program)))
      return program_remedy(program);
  }
  const bpf_map* map = nullptr;
  while ((map = bpf_object__next_map(object, map))) {
    if (failure.object == quoted("map", bpf_map__name(map)))
      return map_remedy(map);
  }
  return {};
}

}  // namespace ebpfkit::detail
