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

// Collects what has to be kept so that every relocation keeps its outcome. Wrappers are kept only
// where a relocation names them; pointers keep what they point to only where types are compared
// through them.
//
// A comparison can only lose a match when members, enumerators or types are left out, never gain
// one, with one exception: see `write`.
class kept_types {
 public:
  explicit kept_types(const type_graph& target) : target_(target) {}

  // Keeps what decides that `match` is what the object's `local` is in the target. `types` is the
  // comparison that found it. Throws `failure` when that is too much work.
  void keep_match(const type_comparison& types, const access_spec& local, const access_spec& match);

  // The kept types as BTF of the target's byte order, in the order of the target.
  std::vector<std::uint8_t> write();

 private:
  // Of one type, what is kept besides its name and size.
  struct selected_type {
    std::set<std::uint32_t> items;    // members, enumerators
    std::uint32_t minimum_items = 0;  // as TYPE_MATCHES counts them
    bool has_all_items = false;
    bool has_target = false;  // of a pointer
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
