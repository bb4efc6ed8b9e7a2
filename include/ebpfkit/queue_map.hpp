// Typed views of BPF queues and stacks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "ebpfkit/untyped_map.hpp"

namespace ebpfkit {

// A map of type BPF_MAP_TYPE_QUEUE (first in, first out) or BPF_MAP_TYPE_STACK (last in, first
// out): values without keys. Needs Linux 4.20.
template <class V>
class queue_map : public untyped_map {
  static_assert(std::is_trivially_copyable_v<V>, "the kernel copies values as bytes");

 public:
  using value_type = V;
  using untyped_map::untyped_map;

  // What untyped_map::as() compares with the map.
  static constexpr detail::wanted_view wanted() { return {detail::view::queue, 0, sizeof(V)}; }

  // Adds `value`. The error is E2BIG when the map is full. If `flags` is BPF_EXIST (2), the kernel
  // drops the oldest value of a full map instead.
  result<void> push(const V& value, std::uint64_t flags = 0) {
    return update_bytes(nullptr, 0, &value, sizeof(V), flags);
  }

  // Removes the next value and returns it. Empty when there is none.
  result<std::optional<V>> pop() {
    V value{};
    const auto found = take_bytes(nullptr, 0, &value, sizeof(V));
    if (!found)
      return found.error();
    return *found ? std::optional<V>(value) : std::nullopt;
  }

  // The value that pop() would return. Empty when there is none.
  result<std::optional<V>> peek() const {
    V value{};
    const auto found = find_bytes(nullptr, 0, &value, sizeof(V));
    if (!found)
      return found.error();
    return *found ? std::optional<V>(value) : std::nullopt;
  }

  // Removes values and calls `function(const V&)` for each. Returns the number of values. Ends when
  // the map is empty, or after max_entries values, because programs may push values faster than
  // drain() removes them.
  template <class F>
  result<std::size_t> drain(F&& function) {
    std::size_t count = 0;
    for (; count < max_entries(); ++count) {
      const auto value = pop();
      if (!value)
        return value.error();
      if (!*value)
        break;
      function(static_cast<const V&>(**value));
    }
    return count;
  }
};

}  // namespace ebpfkit
