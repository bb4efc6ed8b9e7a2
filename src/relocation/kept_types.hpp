// The parts of a target's types that relocations look at.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "btf/type_graph.hpp"
#include "relocation/access_spec.hpp"
#include "relocation/compatibility.hpp"

namespace ebpfkit::host {

// Collects what the written BTF must keep so that every relocation keeps its outcome. Keeps
// wrappers only where a relocation names them. Keeps what a pointer points to only where a
// comparison goes through the pointer.
//
// Leaving out members, enumerators or types can only make a comparison lose a match, never gain
// one, with one exception: see `write`.
class kept_types {
 public:
  explicit kept_types(const type_graph& target) : target_(target) {}

  // Keeps everything that makes `match` the target's counterpart of the object's `local`. `types`
  // is the comparison that found it. Throws `failure` when this takes too much work.
  void keep_match(const type_comparison& types, const access_spec& local, const access_spec& match);

  // Returns the kept types as BTF, in the target's byte order and in the target's order of types.
  std::vector<std::uint8_t> write();

 private:
  // What is kept of a type besides its name and size.
  struct selected_type {
    std::set<std::uint32_t> items;    // members, enumerators
    std::uint32_t minimum_items = 0;  // as TYPE_MATCHES counts them
    bool has_all_items = false;
    bool has_target = false;  // for a pointer
  };

  // A pair of types that TYPE_MATCHES compares.
  struct type_pair {
    type_id local = 0;
    type_id target = 0;
    bool behind_pointer = false;

    auto operator<=>(const type_pair&) const = default;
  };

  type_id keep(type_id type);
  void keep_path(const access_spec& match);
  void keep_compatible(type_id root);
  void keep_pairs(const type_comparison& types, type_pair root);
  void keep_pair(const type_comparison& types, type_pair pair, std::vector<type_pair>& pending);
  void keep_member_pairs(const type_comparison& types, type_pair pair,
                         std::vector<type_pair>& pending);
  void complete_members();

  const type_graph& target_;
  std::map<type_id, selected_type> types_;
};

}  // namespace ebpfkit::host
