#include "object/missing_in_kernel.hpp"

#include <fmt/format.h>
#include <gelf.h>

#include <functional>
#include <set>
#include <string_view>

#include "btf/btf_format.hpp"
#include "object/elf_object.hpp"
#include "object/hook_names.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

using names = std::set<std::string, std::less<>>;

// What the object refers to and may do without.
names weak_symbols(const bpf_object_file& object) {
  names found;
  const elf_object elf(object.bytes());
  for (const auto& symbol : elf.symbols())
    if (GELF_ST_BIND(symbol.entry.st_info) == STB_WEAK && elf.section_of(symbol) == nullptr)
      found.emplace(symbol.name.raw());
  return found;
}

names names_of(const type_graph& kernel, type_kind kind) {
  names found;
  for (type_id type = 1; type < kernel.type_count(); ++type)
    if (kernel.kind(type) == kind)
      found.emplace(kernel.name(type));
  return found;
}

// "bpf_task_acquire" of "bpf_task_acquire___new": another declaration of the same function.
std::string_view without_flavour(std::string_view name) {
  return name.substr(0, name.find("___", 1));
}

}  // namespace

std::vector<std::string> find_missing_in_kernel(const bpf_object_file& object,
                                                const std::shared_ptr<const type_graph>& kernel) {
  std::vector<std::string> missing;
  const kernel_hooks hooks({kernel});
  for (const auto& program : object.programs())
    if (hooks.lacks_described_hook(program.section.raw()))
      missing.push_back(fmt::format("the hook of program '{}', SEC(\"{}\")", program.name,
                                    program.section.shown()));
  const auto& types = object.types();
  const auto weak = weak_symbols(object);
  names functions;
  names variables;
  for (type_id section = 1; section < types.type_count(); ++section) {
    if (types.kind(section) != type_kind::data_section || types.name(section) != ".ksyms")
      continue;
    for (const auto entry : types.section_entries(section)) {
      const auto name = types.name(entry.variable);
      const bool is_function = types.kind(entry.variable) == type_kind::function;
      // The kernel's list of symbols has the address of a variable without a type.
      if (weak.contains(name) ||
          (!is_function && types.skip_wrappers(types.target(entry.variable)) == 0))
        continue;
      auto& known = is_function ? functions : variables;
      if (known.empty())
        known = names_of(*kernel, is_function ? type_kind::function : type_kind::variable);
      if (!known.contains(without_flavour(name)))
        missing.push_back(fmt::format("kernel {} '{}' (__ksym)",
                                      is_function ? "function" : "variable", printable(name)));
    }
  }
  return missing;
}

}  // namespace ebpfkit::host
