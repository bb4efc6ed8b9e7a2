#include "object/map_attributes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "support/nearest_names.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

// In the order in which libbpf compares them.
const std::vector<std::string_view> known_attributes = {
    "type",       "max_entries", "map_flags", "numa_node", "key_size",  "key",
    "value_size", "value",       "values",    "pinning",   "map_extra",
};

void collect_warnings(const bpf_object_file& object, type_id variable,
                      std::vector<std::string>& warnings) {
  const auto& types = object.types();
  const auto definition = types.skip_wrappers(types.target(variable));
  if (types.kind(definition) != type_kind::structure)
    return;
  for (const auto member : types.members(definition)) {
    if (std::ranges::find(known_attributes, member.name) == known_attributes.end())
      warnings.push_back(fmt::format("'{}': map '{}': no libbpf knows the attribute '{}'{}",
                                     object.path(), printable(types.name(variable)),
                                     printable(member.name),
                                     nearest_names_hint(member.name, known_attributes)));
  }
}

}  // namespace

std::vector<std::string> map_attribute_warnings(const bpf_object_file& object) {
  const auto& types = object.types();
  std::vector<std::string> warnings;
  for (type_id id = 1; id < types.type_count(); ++id) {
    if (types.kind(id) != type_kind::data_section || types.name(id) != ".maps")
      continue;
    for (const auto entry : types.section_entries(id)) {
      if (types.kind(entry.variable) == type_kind::variable)
        collect_warnings(object, entry.variable, warnings);
    }
  }
  return warnings;
}

}  // namespace ebpfkit::host
