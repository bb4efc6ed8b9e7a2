// Reusing pinned maps whose types may have changed between two versions of an application.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "ebpfkit/object_view.hpp"
#include "ebpfkit/result.hpp"
#include "ebpfkit/untyped_map.hpp"

namespace ebpfkit {

// What to do when the pinned map differs from the declaration: in type, sizes, max_entries, flags,
// or in the types of keys or values.
enum class pin_change {
  refuse,      // an error that names the difference
  start_anew,  // removes the pin; load() makes an empty map and pins it
  carry_over,  // makes a new map with the entries of the old one, and pins it in its place
};

struct pin_options {
  pin_change on_change = pin_change::refuse;

  // With carry_over, called for each entry (of per-CPU maps, for each CPU's value), after the
  // members that both types have were copied: numbers of at least the old size and of the same
  // sign, arrays as far as both reach, structs member by member. All other bytes of `new_value` are
  // zero. Fills what only the application can know.
  std::function<void(const void* key, const void* old_value, void* new_value)> convert{};
};

struct pin_outcome {
  enum class kind : unsigned char { made_new, reused, started_anew, carried_over };
  kind what = kind::made_new;             // made_new: nothing was pinned there
  std::string difference{};               // between the pinned map and the declaration; empty: none
  std::size_t entries = 0;                // that were carried over
  std::vector<std::string> not_copied{};  // members of the new value that stay for `convert`
};

// Like untyped_map::reuse_or_pin(), but compares the types of keys and values by their BTF: names,
// places and types of all members. Call it before load(). `map` belongs to `object`.
//
//   ebpfkit::reuse_or_pin(packets, packets.maps().counts, "/sys/fs/bpf/packets/counts",
//                         {ebpfkit::pin_change::carry_over}).value();
//
// When the types of one side are unknown (no BTF, or no CAP_SYS_ADMIN to read that of the kernel),
// only sizes and properties are compared.
//
// carry_over replaces the pin at once, in one step: whoever opens it finds the old map or the new
// one with all entries. An application that still runs keeps the old map, and what it writes there
// afterwards is not in the new one. Works for hashes, LRU hashes, LPM tries, arrays, and the
// per-CPU kinds. Linux 4.18.
//
// Errors: EINVAL with the difference, when it is refused, when the keys differ, or when one of the
// maps is of another kind; EOPNOTSUPP when values of unknown type shall be carried over to another
// size without `convert`; E2BIG when the new map has no room for the entries; those of
// reuse_or_pin(). After an error, the pin is what it was.
result<pin_outcome> reuse_or_pin(const object_view& object, const untyped_map& map,
                                 const std::string& path, const pin_options& options = {});

}  // namespace ebpfkit
