// The global variables of loaded programs: .rodata, .data and .bss.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"
#include "inspect/loaded_objects.hpp"

namespace ebpfkit::host {

// A map that holds the variables of a section, with the value that it has now.
struct variables_map {
  loaded_map map;
  std::string section;  // ".data"
  std::shared_ptr<const type_graph> types;
  std::vector<std::uint8_t> bytes;

  // Programs cannot write .rodata, and neither can applications once it is loaded.
  bool is_read_only() const;
};

struct global_variable {
  std::string name;
  type_id type = 0;
  std::size_t offset = 0;
  std::size_t size = 0;
};

// Reads the sections among these maps. A map without BTF of a section is left out.
std::vector<variables_map> read_variables_maps(const std::vector<std::uint32_t>& map_ids);

// Only variables that lie within the map's value.
std::vector<global_variable> variables_of(const variables_map& map);

nlohmann::ordered_json variable_value(const variables_map& map, const global_variable& variable);

// Returns the bytes of a value for a variable, see `parse_typed_value`. `before` is its value so
// far. Throws `failure` when the type has no such value, or when it is out of range.
std::vector<std::uint8_t> parse_value(const type_graph& types, const global_variable& variable,
                                      const std::string& text,
                                      std::span<const std::uint8_t> before);

// Changes a variable while programs run, through a mapping of its section's memory: no other
// variable is touched, and a number of up to 8 bytes changes at once. Throws `failure` for one that
// is read-only, and where the kernel does not map the section.
void write_variable(const variables_map& map, const global_variable& variable,
                    const std::vector<std::uint8_t>& bytes);

}  // namespace ebpfkit::host
