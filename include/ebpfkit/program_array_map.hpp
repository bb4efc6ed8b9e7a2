// Typed view of the maps that tail calls look programs up in.
#pragma once

#include <cstdint>
#include <optional>

#include "ebpfkit/descriptor_map.hpp"
#include "ebpfkit/program.hpp"

namespace ebpfkit {

// A map of type BPF_MAP_TYPE_PROG_ARRAY: bpf_tail_call() jumps to its programs. All programs of one
// array have the same type, that of the first program that was in the array or that uses it.
//
// The kernel empties the array when user space holds it no more: when the object is closed and the
// map is not pinned, even if loaded programs still use the array (prog_array_map_clear() of
// kernel/bpf/arraymap.c). An application that leaves programs behind must pin the map.
class program_array_map : public descriptor_map<std::uint32_t> {
 public:
  using descriptor_map<std::uint32_t>::descriptor_map;

  // What untyped_map::as() compares with the map.
  static constexpr detail::wanted_view wanted() { return {detail::view::program_array, 0, 0}; }

  // Makes a tail call to `index` jump to this program. A tail call that runs meanwhile goes to the
  // old program or the new one. Errors: EBADF when the program is not loaded, EINVAL when its type
  // does not fit the array, E2BIG when the array has no such index.
  result<void> set(std::uint32_t index, const program& target) {
    return set_descriptor(&index, sizeof(index), target.fd(), 0);
  }
  using descriptor_map<std::uint32_t>::set;

  // The id that the kernel gave to the program at `index`. Empty when there is none: a tail call to
  // this index then does nothing. Linux 4.13.
  result<std::optional<std::uint32_t>> find_id(std::uint32_t index) const {
    return find_object_id(&index, sizeof(index));
  }
};

}  // namespace ebpfkit
