// Hashes of types: equal for types that look alike, in whatever BTF they are.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// A field of a record as CO-RE sees it: the fields of an anonymous member belong to the record
// around it.
struct flat_member {
  std::string_view name;
  type_id type = 0;
  std::uint64_t bit_offset = 0;
  std::uint32_t bitfield_size = 0;
};

// Returns the named fields in the order of declaration.
std::vector<flat_member> flat_members(const type_graph& graph, type_id record);

class type_signatures {
 public:
  explicit type_signatures(const type_graph& graph);

  // Hashes a type as another type uses it. Named records, enums and typedefs count only by kind and
  // name, also inside pointers, arrays and prototypes. A forward declaration counts as what it
  // declares. Type tags do not count.
  std::uint64_t of_use(type_id type);

  // Hashes a type with everything that its definition says: size, fields, enumerators, target.
  std::uint64_t of_definition(type_id type);

 private:
  std::uint64_t compute_use(type_id type);
  std::uint64_t of_content(type_id record_or_enumeration);

  const type_graph& graph_;
  std::vector<std::uint64_t> uses_;  // by id; 0: not yet known
};

}  // namespace ebpfkit::host
