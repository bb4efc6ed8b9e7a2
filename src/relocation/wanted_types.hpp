// The few types of a kernel that given relocations can look at, taken out of its BTF before that is
// parsed: parsing all of it takes many times as long.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "relocation/program_object.hpp"

namespace ebpfkit::host {

class wanted_types {
 public:
  // The objects must outlive this.
  explicit wanted_types(std::span<const program_object> objects);

  // True where the relocations compare types member by member (TYPE_MATCHES): these need the whole.
  bool needs_all() const { return needs_all_; }

  // Raw BTF, not split and of either byte order, cut down to: the types that have a name in common
  // with a relocation's type; what these contain by value, of records only the members that have a
  // name in common with a step of a relocation, the anonymous ones and the last; all integers; the
  // registers (struct pt_regs), which tell the architecture; and of struct task_struct the members
  // that a kernel's layout is known by (embed/task_offsets.hpp). On it the relocations have the
  // outcomes that they have on the whole, and minimise() gives the same bytes. The order of the
  // types stays.
  //
  // Only what is taken is checked, as far as a type_graph does not. Throws `failure` when the BTF
  // is damaged.
  std::vector<std::uint8_t> extract(std::span<const std::uint8_t> btf) const;

  // What is wanted of the types with a name.
  struct wanted_root {
    std::uint32_t kinds = 0;       // a bit for each type_kind
    bool behind_pointers = false;  // types are compared through pointers
    bool all_items = false;
  };

 private:
  friend class type_extractor;

  void add_root(std::string_view name, type_kind kind, bool behind_pointers, bool all_items);
  const wanted_root* find_root(std::string_view essential) const;

  bool needs_all_ = false;
  std::uint32_t root_kinds_ = 0;
  std::unordered_map<std::string_view, wanted_root> roots_;  // by essential name
  std::unordered_set<std::string_view> members_;
  std::vector<std::uint64_t> first_two_;  // a bit for each first two characters of a root's name
};

}  // namespace ebpfkit::host
