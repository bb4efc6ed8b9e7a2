// Offsets for records that keep only some of their members.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "bindings/selection.hpp"
#include "btf/type_graph.hpp"

namespace ebpfkit::host {

struct record_layout {
  std::uint64_t size = 0;  // in bytes
  std::uint32_t alignment = 1;
  std::vector<record_member> members;  // the kept members, at their new offsets
  // Where the guard begins, in bytes; 0: no guard.
  std::uint64_t guard_offset = 0;
};

// The size of the guard, which stands after the last member of a struct with a name. The struct's
// size is not the kernel's, so a program must not use it by value. The guard makes such a program
// fail to compile: the struct is larger than the BPF stack (512 bytes) and than what clang copies
// inline for BPF (1024 bytes).
constexpr std::uint32_t guard_bytes = 2048;

// Lays out the records of extent `record_extent::members` as C does. The printed records then need
// no padding except the guard.
class record_layouts {
 public:
  record_layouts(const type_graph& graph, const type_selection& selection)
      : graph_(graph), selection_(selection) {}

  // The layout of a record of that extent. The reference is valid until the next call.
  const record_layout& of(type_id record);

 private:
  struct extent {
    std::uint64_t size = 0;
    std::uint32_t alignment = 1;
  };
  extent extent_of(type_id type);
  record_layout make(type_id record);

  const type_graph& graph_;
  const type_selection& selection_;
  std::map<type_id, record_layout> layouts_;
};

}  // namespace ebpfkit::host
