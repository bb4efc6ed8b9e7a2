// Typed views of maps whose values are kernel objects, which the application gives by descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "ebpfkit/untyped_map.hpp"

namespace ebpfkit {

namespace detail {

// What the views of such maps share.
class descriptor_bytes : public untyped_map {
 public:
  using untyped_map::untyped_map;

 protected:
  result<void> set_descriptor(const void* key, std::size_t key_size, int descriptor,
                              std::uint64_t flags);
  result<bool> erase_object(const void* key, std::size_t key_size);
  // The id of the program or map at the key.
  result<std::optional<std::uint32_t>> find_object_id(const void* key, std::size_t key_size) const;
};

}  // namespace detail

// A map that holds objects of the kernel: the application gives file descriptors, and the map keeps
// the objects behind them. The application may close a descriptor afterwards.
//
// The class itself is the view of these maps:
//   BPF_MAP_TYPE_XSKMAP              AF_XDP sockets, for bpf_redirect_map(). Linux 4.18
//   BPF_MAP_TYPE_CGROUP_ARRAY        directories of cgroup v2, for bpf_skb_under_cgroup() and
//                                    bpf_current_task_under_cgroup(). Linux 4.8
//   BPF_MAP_TYPE_REUSEPORT_SOCKARRAY sockets with SO_REUSEPORT, for bpf_sk_select_reuseport().
//                                    Linux 4.19
//   BPF_MAP_TYPE_PERF_EVENT_ARRAY    events of perf_event_open(2), for bpf_perf_event_read_value()
//                                    (Linux 4.15) and bpf_perf_event_output(). The view of a
//                                    skeleton is perf_buffer_map: `events.as<descriptor_map<>>()`.
//                                    An event leaves the map when the descriptor of the map through
//                                    which it was set is closed (kernel/bpf/arraymap.c), unless the
//                                    map has the flag BPF_F_PRESERVE_ELEMS (Linux 5.10)
// program_array_map, map_of_maps and socket_map add what their objects have.
//
// Errors of set(): EBADF or EINVAL when the descriptor is not of the map's kind of object; E2BIG
// when an index is not in an array, or a hash is full; EBUSY when an array of sockets has the
// socket already.
template <class K = std::uint32_t>
class descriptor_map : public detail::descriptor_bytes {
  static_assert(std::is_trivially_copyable_v<K>, "the kernel copies keys as bytes");

 public:
  using key_type = K;
  using detail::descriptor_bytes::descriptor_bytes;

  // What untyped_map::as() compares with the map.
  static constexpr detail::wanted_view wanted() { return {detail::view::descriptor, sizeof(K), 0}; }

  // Puts the object of `descriptor` at `key`, and lets go of the one that was there. `flags`:
  // BPF_ANY (0), BPF_NOEXIST, BPF_EXIST of <linux/bpf.h>; arrays take no BPF_NOEXIST.
  result<void> set(const K& key, int descriptor, std::uint64_t flags = 0) {
    return set_descriptor(&key, sizeof(K), descriptor, flags);
  }

  // Lets go of the object at `key`. Returns false when there is none; for an XSKMAP, whose objects
  // the kernel does not tell, it always returns true.
  result<bool> erase(const K& key) { return erase_object(&key, sizeof(K)); }
};

}  // namespace ebpfkit
