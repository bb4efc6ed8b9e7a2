// Typed views of BPF bloom filters.
#pragma once

#include <type_traits>

#include "ebpfkit/untyped_map.hpp"

namespace ebpfkit {

// A map of type BPF_MAP_TYPE_BLOOM_FILTER: tells whether a value may have been added. Values cannot
// be removed or listed. The kernel hashes all bytes of a value, including its padding. Needs
// Linux 5.16.
template <class V>
class bloom_filter_map : public untyped_map {
  static_assert(std::is_trivially_copyable_v<V>, "the kernel copies values as bytes");

 public:
  using value_type = V;
  using untyped_map::untyped_map;

  // What untyped_map::as() compares with the map.
  static constexpr detail::wanted_view wanted() {
    return {detail::view::bloom_filter, 0, sizeof(V)};
  }

  result<void> add(const V& value) { return update_bytes(nullptr, 0, &value, sizeof(V), 0); }

  // False: `value` was never added. True: `value` was probably added. The probability depends on
  // the map's max_entries and map_extra (the number of hash functions).
  result<bool> may_contain(const V& value) const {
    // The kernel reads the value here and writes nothing (kernel/bpf/bloom_filter.c).
    V looked_for = value;
    return find_bytes(nullptr, 0, &looked_for, sizeof(V));
  }
};

}  // namespace ebpfkit
