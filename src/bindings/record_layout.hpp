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
  std::vector<record_member> members;  // those that are kept, at their new offsets
  // Where the guard begins, in bytes; 0: there is none.
  std::uint64_t guard_offset = 0;
};

// Structs with a name get a guard behind their last member: bytes that make them larger than a BPF
// stack (512 bytes) and than what clang copies inline for BPF (1024 bytes). A program that uses
// such a struct by value, whose size is not that of the kernel's, does not compile then.
constexpr std::uint32_t guard_bytes = 2048;

// Lays out the records of `record_extent::members` as C does, so that printing them needs no
// padding but the guard.
class record_layouts {
 public:
  record_layouts(const type_graph& graph, const type_selection& selection)
      : graph_(graph), selection_(selection) {}

  // `record` must have this extent. Valid until the next call.
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
