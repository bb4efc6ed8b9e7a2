#include "globals.hpp"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

namespace ebpfkit::guest {

namespace {

const char* name_of(const btf* types, uint32_t offset) {
  const char* name = btf__name_by_offset(types, offset);
  return name != nullptr ? name : "";
}

bool is_integer(const btf* types, uint32_t id) {
  const int resolved = btf__resolve_type(types, id);
  const btf_type* type =
      resolved < 0 ? nullptr : btf__type_by_id(types, static_cast<uint32_t>(resolved));
  return type != nullptr && (btf_is_int(type) || btf_is_any_enum(type));
}

bool read_number(const std::string& text, int64_t& number) {
  if (text == "true" || text == "false") {
    number = text == "true" ? 1 : 0;
    return true;
  }
  char* end = nullptr;
  errno = 0;
  number = text[0] == '-' ? strtoll(text.c_str(), &end, 0)
                          : static_cast<int64_t>(strtoull(text.c_str(), &end, 0));
  return errno == 0 && end != text.c_str() && *end == '\0';
}

// Returns the map of a section. Names of maps end with the section's name: "packets.rodata".
bpf_map* map_of_section(bpf_object* object, const std::string& section) {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    const std::string name = bpf_map__name(map);
    if (name.size() >= section.size() &&
        name.compare(name.size() - section.size(), section.size(), section) == 0)
      return map;
  }
  return nullptr;
}

std::string set_in_map(bpf_map* map, const std::string& name, uint32_t offset, uint32_t size,
                       int64_t number) {
  size_t map_size = 0;
  const void* initial = map == nullptr ? nullptr : bpf_map__initial_value(map, &map_size);
  if (initial == nullptr || size > sizeof number || offset + uint64_t{size} > map_size)
    return "the object has no memory for the variable '" + name + "'";
  // The machine is little-endian (x86_64, arm64), so the low bytes come first.
  std::string content(static_cast<const char*>(initial), map_size);
  memcpy(&content[offset], &number, size);
  if (bpf_map__set_initial_value(map, content.data(), content.size()) != 0)
    return "cannot set the variable '" + name + "': " + strerror(errno);
  return "";
}

}  // namespace

std::string set_global(bpf_object* object, const std::string& name, const std::string& value) {
  int64_t number = 0;
  if (!read_number(value, number))
    return "'" + value + "' is no number, which the variable '" + name + "' needs";
  const btf* types = bpf_object__btf(object);
  const uint32_t count = types == nullptr ? 0 : btf__type_cnt(types);
  for (uint32_t id = 1; id < count; ++id) {
    const btf_type* section = btf__type_by_id(types, id);
    if (!btf_is_datasec(section))
      continue;
    const btf_var_secinfo* variables = btf_var_secinfos(section);
    for (uint32_t i = 0; i < btf_vlen(section); ++i) {
      const btf_type* variable = btf__type_by_id(types, variables[i].type);
      if (variable == nullptr || !btf_is_var(variable) ||
          name != name_of(types, variable->name_off))
        continue;
      if (!is_integer(types, variable->type))
        return "the variable '" + name + "' is no integer";
      const std::string section_name = name_of(types, section->name_off);
      return set_in_map(map_of_section(object, section_name), name, variables[i].offset,
                        variables[i].size, number);
    }
  }
  return "the object has no global variable '" + name + "'";
}

}  // namespace ebpfkit::guest
