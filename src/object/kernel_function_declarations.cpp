#include "object/kernel_function_declarations.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"
#include "object/btf_changes.hpp"
#include "object/elf_object.hpp"

namespace ebpfkit::host {

bool leave_out_declared_functions(std::vector<std::uint8_t>& object, std::string_view shown,
                                  std::set<std::string>& declared) {
  return change_btf(object, shown, [&](const type_graph& types, const elf_object&) {
    btf_changes wanted;
    for (type_id section = 1; section < types.type_count(); ++section) {
      if (types.kind(section) != type_kind::data_section || types.name(section) != ".ksyms")
        continue;
      std::uint32_t index = 0;
      for (const auto entry : types.section_entries(section)) {
        if (types.kind(entry.variable) == type_kind::function &&
            !declared.insert(std::string(types.name(entry.variable))).second)
          wanted.sections[section].removed.insert(index);
        ++index;
      }
      if (wanted.sections.contains(section) && wanted.sections[section].removed.size() == index)
        wanted.removed_sections.insert(section);
    }
    return wanted;
  });
}

}  // namespace ebpfkit::host
