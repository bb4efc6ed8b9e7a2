// View of the maps that hold call stacks.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ebpfkit/untyped_map.hpp"

namespace ebpfkit {

// A map of type BPF_MAP_TYPE_STACK_TRACE, which bpf_get_stackid() fills. The key is the stack id
// that this helper returned. Linux 4.6.
class stack_trace_map : public untyped_map {
 public:
  using key_type = std::uint32_t;
  using untyped_map::untyped_map;

  // What untyped_map::as() compares with the map.
  static constexpr detail::wanted_view wanted() { return {detail::view::stack_trace, 0, 0}; }

  // The addresses of the stack, the innermost function first; without the zeros behind the last
  // one. Empty when the map has no such stack. Kernel addresses for a kernel stack, else addresses
  // of the process. The error is EOPNOTSUPP for maps with BPF_F_STACK_BUILD_ID, whose values are
  // build ids and offsets: view those as map<std::uint32_t, V>.
  result<std::optional<std::vector<std::uint64_t>>> find(std::uint32_t id) const;

  // Removes the stack. Returns false when the map has no such stack.
  result<bool> erase(std::uint32_t id) { return erase_bytes(&id, sizeof(id)); }

  // The ids of all stacks. An id that a program adds meanwhile may be missing.
  result<std::vector<std::uint32_t>> ids() const;
};

}  // namespace ebpfkit
