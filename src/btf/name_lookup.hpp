// The types of a few names, found in one pass over all names.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// Like `type_graph::find_types` and `find_enumerations_with`, for names that are all known
// beforehand: that is faster than an index of the names that nobody asks for. Names and graph must
// outlive this.
class name_lookup {
 public:
  name_lookup(const type_graph& graph, const std::vector<std::string_view>& names);

  // Ids in ascending order. `name` must be one of the names.
  const std::vector<type_id>& types(std::string_view name) const;
  // The enums that have a constant of this name.
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
  // A bit for each first eight bytes, hashed, that wanted names have.
  std::array<std::uint64_t, 64> prefixes_{};
};

}  // namespace ebpfkit::host
