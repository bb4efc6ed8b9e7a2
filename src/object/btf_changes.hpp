// Changes the BTF inside an object file, whose size and type ids stay as they are.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"
#include "object/elf_object.hpp"

namespace ebpfkit::host {

// What has to change in the entries of a data section. Keys are indices of entries.
struct section_changes {
  std::map<std::uint32_t, std::uint32_t> offsets;
  std::set<std::uint32_t> removed;
};

struct btf_changes {
  std::map<type_id, type_id> variable_types;
  std::map<type_id, type_id> array_elements;
  std::map<type_id, section_changes> sections;
  std::set<type_id> removed_sections;

  bool empty() const {
    return variable_types.empty() && array_elements.empty() && sections.empty();
  }
};

using btf_change_finder = std::function<btf_changes(const type_graph&, const elf_object&)>;

// Makes the changes that `find` returns in `object`, the bytes of an ELF file. Returns whether
// there were any; an object without BTF has none. Throws a `failure` for damaged ELF or BTF, or
// what `find` throws. `shown` is the name that messages give to the object.
bool change_btf(std::vector<std::uint8_t>& object, std::string_view shown,
                const btf_change_finder& find);

}  // namespace ebpfkit::host
