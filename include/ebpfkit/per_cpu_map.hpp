// Typed views of BPF maps with one value for each key and CPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "ebpfkit/aggregate.hpp"
#include "ebpfkit/untyped_map.hpp"

namespace ebpfkit {

// A map with one value for each key and CPU. The values of a key come as one vector. It has one
// element for each CPU that the machine can have, not only for those that are online.
template <class K, class V>
class per_cpu_map : public untyped_map {
  static_assert(std::is_trivially_copyable_v<K> && std::is_trivially_copyable_v<V>,
                "the kernel copies keys and values as bytes");

 public:
  using key_type = K;
  using value_type = V;
  using entry_type = std::pair<K, std::vector<V>>;
  using untyped_map::untyped_map;

  // What untyped_map::as() compares with the map.
  static constexpr detail::wanted_view wanted() {
    return {detail::view::per_cpu, sizeof(K), sizeof(V)};
  }

  // The values of `key`; empty when the map has no such key.
  result<std::optional<std::vector<V>>> find(const K& key) const {
    const auto cpus = possible_cpus();
    if (!cpus)
      return cpus.error();
    std::vector<unsigned char> bytes(*cpus * stride);
    const auto found = find_bytes(&key, sizeof(K), bytes.data(), bytes.size() | per_cpu_mark);
    if (!found)
      return found.error();
    if (!*found)
      return std::optional<std::vector<V>>();
    return std::optional<std::vector<V>>(values_of(bytes.data(), *cpus));
  }

  // Combines the values of `key` into one: does `start = combine(start, value)` for each CPU's
  // value and returns `start`. Empty when the map has no such key.
  template <class T, class F>
  result<std::optional<T>> fold(const K& key, T start, F&& combine) const {
    return aggregated(key, [&](const std::vector<V>& values) {
      for (const V& value : values)
        start = combine(std::move(start), value);
      return std::move(start);
    });
  }

  // The sum of the values of `key`. They are numbers (the sum has 64 bits) or structs with an
  // operator+=. Empty when the map has no such key.
  result<std::optional<sum_of<V>>> sum(const K& key) const {
    return aggregated(key, [](const std::vector<V>& values) { return ebpfkit::sum(values); });
  }

  // The sum of one member, as in sum(key, &counter::bytes), or of what `projection` returns for
  // each value.
  template <class P>
  result<std::optional<sum_of<detail::projected<V, P>>>> sum(const K& key, P projection) const {
    return aggregated(
        key, [&](const std::vector<V>& values) { return ebpfkit::sum(values, projection); });
  }

  // The greatest value of `key`, by operator<. Empty when the map has no such key.
  result<std::optional<V>> max(const K& key) const {
    return aggregated(key, [](const std::vector<V>& values) { return ebpfkit::max(values); });
  }

  // The greatest value of one member, or of what `projection` returns for each value.
  template <class P>
  result<std::optional<detail::projected<V, P>>> max(const K& key, P projection) const {
    return aggregated(
        key, [&](const std::vector<V>& values) { return ebpfkit::max(values, projection); });
  }

  // Sets the values of `key`. `values` has one element for each possible CPU; otherwise the error
  // is EINVAL.
  result<void> update(const K& key, const std::vector<V>& values, std::uint64_t flags = 0) {
    std::vector<unsigned char> bytes(values.size() * stride);
    write_values(values, bytes.data());
    return update_bytes(&key, sizeof(K), bytes.data(), bytes.size() | per_cpu_mark, flags);
  }

  // Sets the value of one CPU; those of the other CPUs stay as they are. Linux 7.0 (BPF_F_CPU).
  // Programs that run on that CPU may write at the same time. `flags`: BPF_ANY (0), BPF_NOEXIST,
  // BPF_EXIST. Errors: EOPNOTSUPP on kernels that cannot do so: there, find() and update() of all
  // values lose what programs write between the two. ERANGE when there is no such CPU.
  result<void> update_on_cpu(const K& key, std::uint32_t cpu, const V& value,
                             std::uint64_t flags = 0) {
    return update_on_cpu_bytes(&key, sizeof(K), cpu, &value, sizeof(V), flags);
  }

  // Removes `key`. Returns false when the map has no such key. The error is EINVAL for arrays,
  // which cannot remove keys.
  result<bool> erase(const K& key) { return erase_bytes(&key, sizeof(K)); }

  // Calls `function(const K&, const std::vector<V>&)` for every key; see map::for_each().
  // ebpfkit::sum() and ebpfkit::max() make one value out of the vector.
  template <class F>
  result<void> for_each(F&& function) const {
    return visit(visitor::may_erase_its_entry, [&](const K& key, std::vector<V>& values) {
      function(key, std::as_const(values));
    });
  }

  // All entries, as for_each() would see them.
  result<std::vector<entry_type>> entries() const {
    std::vector<entry_type> entries;
    const auto done = visit(visitor::only_reads, [&](const K& key, std::vector<V>& values) {
      entries.emplace_back(key, std::move(values));
    });
    if (!done)
      return done.error();
    return entries;
  }

  // Sets the values of many keys. Each entry has one value for each possible CPU; otherwise the
  // error is EINVAL. After an error, some keys may be set.
  result<void> update_batch(const std::vector<entry_type>& entries, std::uint64_t flags = 0) {
    const auto cpus = possible_cpus();
    if (!cpus)
      return cpus.error();
    for (const auto& [key, values] : entries) {
      if (values.size() != *cpus)
        return update(key, values, flags);
    }
    return update_batch_bytes(entries.size(), sizeof(K), *cpus * stride | per_cpu_mark, flags,
                              [&](std::size_t index, void* key, void* bytes) {
                                std::memcpy(key, &entries[index].first, sizeof(K));
                                write_values(entries[index].second, bytes);
                              });
  }

  // Removes many keys. Returns how many of them were in the map.
  result<std::size_t> erase_batch(const std::vector<K>& keys) {
    return erase_batch_bytes(keys.size(), sizeof(K), [&](std::size_t index, void* bytes) {
      const K key = keys[index];
      std::memcpy(bytes, &key, sizeof(K));
    });
  }

  // Empties the map: erases every key and then calls `function(const K&, const std::vector<V>&)`
  // with it. Returns the number of keys. See map::drain().
  template <class F>
  result<std::size_t> drain(F&& function) {
    const auto cpus = possible_cpus();
    if (!cpus)
      return cpus.error();
    return drain_bytes(
        sizeof(K), *cpus * stride | per_cpu_mark,
        caller_of(
            [&](const K& key, std::vector<V>& values) { function(key, std::as_const(values)); },
            *cpus));
  }

 private:
  static constexpr std::size_t stride = per_cpu_stride(sizeof(V));

  static std::vector<V> values_of(const void* bytes, std::size_t cpus) {
    std::vector<V> values(cpus);
    for (std::size_t cpu = 0; cpu < cpus; ++cpu) {
      V value;  // std::vector<bool> has no addresses
      std::memcpy(&value, static_cast<const unsigned char*>(bytes) + cpu * stride, sizeof(V));
      values[cpu] = value;
    }
    return values;
  }

  static void write_values(const std::vector<V>& values, void* bytes) {
    for (std::size_t cpu = 0; cpu < values.size(); ++cpu) {
      const V value = values[cpu];
      std::memcpy(static_cast<unsigned char*>(bytes) + cpu * stride, &value, sizeof(V));
    }
  }

  template <class F>
  auto aggregated(const K& key, F&& combine) const
      -> result<std::optional<std::decay_t<decltype(combine(std::vector<V>()))>>> {
    using combined = std::optional<std::decay_t<decltype(combine(std::vector<V>()))>>;
    const auto values = find(key);
    if (!values)
      return values.error();
    return *values ? combined(combine(**values)) : combined();
  }

  // Makes a visitor of bytes that calls `function(const K&, std::vector<V>&)`.
  template <class F>
  static entry_visitor caller_of(F function, std::size_t cpus) {
    return [function = std::move(function), cpus](const void* key_bytes,
                                                  const void* value_bytes) mutable -> result<void> {
      K key;
      std::memcpy(&key, key_bytes, sizeof(K));
      auto values = values_of(value_bytes, cpus);
      function(static_cast<const K&>(key), values);
      return {};
    };
  }

  template <class F>
  result<void> visit(visitor habit, F function) const {
    const auto cpus = possible_cpus();
    if (!cpus)
      return cpus.error();
    return for_each_bytes(sizeof(K), *cpus * stride | per_cpu_mark, habit,
                          caller_of(std::move(function), *cpus));
  }
};

}  // namespace ebpfkit
