// Finds the types of a few names in one pass over all names.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// Like `type_graph::find_types` and `find_enumerations_with`, when the caller knows all names
// beforehand: one pass is faster than an index of all names. The names and the graph must outlive
// this object.
class name_lookup {
 public:
  name_lookup(const type_graph& graph, const std::vector<std::string_view>& names);

  // Returns ids in ascending order. `name` must be one of the constructor's `names`.
  const std::vector<type_id>& types(std::string_view name) const;
  // Returns the enums that have a constant of this name.
  const std::vector<type_id>& enumerations_with(std::string_view name) const;

 private:
  struct found {
    std::vector<type_id> types;
    std::vector<type_id> enumerations;
  };

  void add_prefix(std::string_view name);
  bool may_be_wanted(const char* name) const;
  found* wanted(const char* name);

  std::unordered_map<std::string_view, found> found_;
  // A bit for each hash of the first eight bytes of a wanted name.
  std::array<std::uint64_t, 64> prefixes_{};
};

}  // namespace ebpfkit::host
