// Typed view of maps whose values are maps.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

#include "ebpfkit/descriptor_map.hpp"

namespace ebpfkit {

// A map of type BPF_MAP_TYPE_ARRAY_OF_MAPS or BPF_MAP_TYPE_HASH_OF_MAPS. `Inner` is the class of
// the inner maps, such as map<std::uint32_t, counter>.
template <class K, class Inner>
class map_of_maps : public descriptor_map<K> {
  static_assert(std::is_base_of_v<untyped_map, Inner>, "the inner class is a view of a map");

 public:
  using inner_type = Inner;
  using descriptor_map<K>::descriptor_map;

  // What untyped_map::as() compares with the map.
  static constexpr detail::wanted_view wanted() {
    return {detail::view::map_of_maps, sizeof(K), 0};
  }

  // Puts a map at `key`. From then on, programs find it there; those that look at the old map
  // finish with it first: the function returns when none does (synchronize_rcu(), some
  // milliseconds). Errors: EINVAL when the inner map differs from the declared one in type, sizes
  // or flags, or in max_entries if the kernel compares it (arrays, unless they have
  // BPF_F_INNER_MAP); EBADF when it is not loaded.
  result<void> set(const K& key, const Inner& inner, std::uint64_t flags = 0) {
    return this->set_descriptor(&key, sizeof(K), inner.fd(), flags);
  }
  using descriptor_map<K>::set;

  // The id that the kernel gave to the map at `key`. Empty when there is none. Linux 4.13.
  result<std::optional<std::uint32_t>> find_id(const K& key) const {
    return this->find_object_id(&key, sizeof(K));
  }
};

}  // namespace ebpfkit
