// Hashes that are equal for types which look alike, whatever BTF they are in.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// A field of a record as CO-RE sees it: those of anonymous members belong to the record around
// them.
struct flat_member {
  std::string_view name;
  type_id type = 0;
  std::uint64_t bit_offset = 0;
  std::uint32_t bitfield_size = 0;
};

// The named fields in the order of declaration.
std::vector<flat_member> flat_members(const type_graph& graph, type_id record);

class type_signatures {
 public:
  explicit type_signatures(const type_graph& graph);

  // Of a type as another type uses it: named records, enums and typedefs count by kind and name
  // only, and a forward declaration as what it declares; so for pointers, arrays and prototypes of
  // them. Type tags do not count.
  std::uint64_t of_use(type_id type);

  // Of a type with all that its definition says: size, fields, enumerators, target.
  std::uint64_t of_definition(type_id type);

 private:
  std::uint64_t compute_use(type_id type);
  std::uint64_t of_content(type_id record_or_enumeration);

  const type_graph& graph_;
  std::vector<std::uint64_t> uses_;  // by id; 0: not yet known
};

}  // namespace ebpfkit::host
