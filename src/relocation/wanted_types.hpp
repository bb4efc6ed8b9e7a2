// Takes the few types that given relocations can look at out of a kernel's BTF, before that BTF is
// parsed. Parsing all of it takes many times as long.
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
  // The objects must outlive this object.
  explicit wanted_types(std::span<const program_object> objects);

  // True when relocations compare types member by member (TYPE_MATCHES): they need the whole BTF.
  bool needs_all() const { return needs_all_; }

  // True for raw BTF without a base, from which extract() can take types.
  bool can_extract(std::span<const std::uint8_t> file) const;

  // Returns a reduced BTF from raw BTF of either byte order that is not split. It takes:
  // - the types that share a name with a relocation's type;
  // - what these types contain by value. Of a record it takes only the anonymous members, the last
  //   member, and the members that share a name with a step of a relocation;
  // - all integers;
  // - the registers (struct pt_regs), which show the architecture;
  // - the members of struct task_struct that show a kernel's layout (embed/task_offsets.hpp).
  // The relocations have the same outcomes on the result as on the whole BTF, and minimise() gives
  // the same bytes. The types keep their order.
  //
  // Checks only what it takes, and only what a type_graph does not check. Throws `failure` when the
  // BTF is damaged.
  std::vector<std::uint8_t> extract(std::span<const std::uint8_t> btf) const;

  // What the relocations want of the types with one name.
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
