// Typed views of BPF maps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "ebpfkit/result.hpp"

struct bpf_map;

namespace ebpfkit {

// A view of a map without types for its keys and values, valid as long as the object that it
// belongs to. Base of the typed views.
class untyped_map {
 public:
  explicit untyped_map(bpf_map* viewed) noexcept : map_(viewed) {}

  const char* name() const;

  // The map's file descriptor; not usable before the object is loaded.
  int fd() const;

  // Pins the map at `path` in a BPF file system (/sys/fs/bpf), where it outlives the process.
  result<void> try_pin(const std::string& path);

#if defined(__cpp_exceptions)
  void pin(const std::string& path) {
    try_pin(path).take();
  }
#endif

  bpf_map* get() const noexcept {
    return map_;
  }

 protected:
  // The operations on bytes below the typed ones. A size that is not the map's (a caller may have
  // changed it before loading) is an error with EINVAL, never an access outside the memory given.

  // False: no such key.
  result<bool> find_bytes(const void* key, std::size_t key_size, void* value,
                          std::size_t value_size) const;
  result<void> update_bytes(const void* key, std::size_t key_size, const void* value,
                            std::size_t value_size, std::uint64_t flags);
  // False: no such key.
  result<bool> erase_bytes(const void* key, std::size_t key_size);
  // Calls `visit` for each key until it fails.
  result<void> for_each_key(std::size_t key_size,
                            const std::function<result<void>(const void* key)>& visit) const;

  // The number of values that a per-CPU map has for a key, and their distance: the kernel rounds
  // the size of each up to 8 bytes.
  static result<std::size_t> possible_cpus();
  static constexpr std::size_t per_cpu_stride(std::size_t value_size) {
    return (value_size + 7) / 8 * 8;
  }

 private:
  ebpfkit::error failed(const char* operation, int code) const;
  result<void> check_key_size(const char* operation, std::size_t key_size) const;
  result<void> check_sizes(const char* operation, std::size_t key_size,
                           std::size_t value_size) const;

  bpf_map* map_;
};

// A map with one value for a key: arrays, hashes, LRU hashes, longest-prefix tries, local storages.
template <class K, class V>
class map : public untyped_map {
  static_assert(std::is_trivially_copyable_v<K> && std::is_trivially_copyable_v<V>,
                "the kernel copies keys and values as bytes");

 public:
  using key_type = K;
  using value_type = V;
  using untyped_map::untyped_map;

  // The value of `key`; empty when the map has no such key.
  result<std::optional<V>> try_find(const K& key) const {
    V value{};
    const auto found = find_bytes(&key, sizeof(K), &value, sizeof(V));
    if (!found)
      return found.error();
    return *found ? std::optional<V>(value) : std::nullopt;
  }

  // Sets the value of `key`. `flags`: BPF_ANY (0), BPF_NOEXIST, BPF_EXIST of <linux/bpf.h>.
  result<void> try_update(const K& key, const V& value, std::uint64_t flags = 0) {
    return update_bytes(&key, sizeof(K), &value, sizeof(V), flags);
  }

  // Removes `key`. Gives false when the map has no such key.
  result<bool> try_erase(const K& key) { return erase_bytes(&key, sizeof(K)); }

  // Calls `function(const K&, const V&)` for every entry; it may erase the entry that it is given.
  // Entries that come or go meanwhile may be seen, be missed, or be seen twice. The error is EAGAIN
  // when entries go faster than they can be read.
  template <class F>
  result<void> try_for_each(F&& function) const {
    return for_each_key(sizeof(K), [&](const void* bytes) -> result<void> {
      K key;
      std::memcpy(&key, bytes, sizeof(K));
      const auto value = try_find(key);
      if (!value)
        return value.error();
      if (*value)
        function(static_cast<const K&>(key), static_cast<const V&>(**value));
      return {};
    });
  }

#if defined(__cpp_exceptions)
  // As the functions above, but throw `exception`.
  std::optional<V> find(const K& key) const {
    return try_find(key).take();
  }
  void update(const K& key, const V& value, std::uint64_t flags = 0) {
    try_update(key, value, flags).take();
  }
  bool erase(const K& key) {
    return try_erase(key).take();
  }
  template <class F>
  void for_each(F&& function) const {
    try_for_each(std::forward<F>(function)).take();
  }
#endif
};

// A map with one value for a key and CPU. Values come as one vector, an element for each CPU that
// the machine can have (not only those that are on).
template <class K, class V>
class per_cpu_map : public untyped_map {
  static_assert(std::is_trivially_copyable_v<K> && std::is_trivially_copyable_v<V>,
                "the kernel copies keys and values as bytes");

 public:
  using key_type = K;
  using value_type = V;
  using untyped_map::untyped_map;

  // The values of `key`; empty when the map has no such key.
  result<std::optional<std::vector<V>>> try_find(const K& key) const {
    const auto cpus = possible_cpus();
    if (!cpus)
      return cpus.error();
    std::vector<unsigned char> bytes(*cpus * stride);
    const auto found = find_bytes(&key, sizeof(K), bytes.data(), bytes.size());
    if (!found)
      return found.error();
    if (!*found)
      return std::optional<std::vector<V>>();
    std::vector<V> values(*cpus);
    for (std::size_t cpu = 0; cpu < *cpus; ++cpu)
      std::memcpy(&values[cpu], bytes.data() + cpu * stride, sizeof(V));
    return std::optional<std::vector<V>>(std::move(values));
  }

  // Combines the values of `key` to one: `start = combine(start, value)` for each CPU's value, such
  // as a sum. Empty when the map has no such key.
  template <class T, class F>
  result<std::optional<T>> try_fold(const K& key, T start, F&& combine) const {
    auto values = try_find(key);
    if (!values)
      return values.error();
    if (!*values)
      return std::optional<T>();
    for (const V& value : **values)
      start = combine(std::move(start), value);
    return std::optional<T>(std::move(start));
  }

  // Sets the values of `key`; `values` has one for each possible CPU (else EINVAL).
  result<void> try_update(const K& key, const std::vector<V>& values, std::uint64_t flags = 0) {
    std::vector<unsigned char> bytes(values.size() * stride);
    for (std::size_t cpu = 0; cpu < values.size(); ++cpu)
      std::memcpy(bytes.data() + cpu * stride, &values[cpu], sizeof(V));
    return update_bytes(&key, sizeof(K), bytes.data(), bytes.size(), flags);
  }

  // Removes `key`. Gives false when the map has no such key. Arrays cannot: EINVAL.
  result<bool> try_erase(const K& key) { return erase_bytes(&key, sizeof(K)); }

  // Calls `function(const K&, const std::vector<V>&)` for every key; see map::try_for_each.
  template <class F>
  result<void> try_for_each(F&& function) const {
    return for_each_key(sizeof(K), [&](const void* bytes) -> result<void> {
      K key;
      std::memcpy(&key, bytes, sizeof(K));
      const auto values = try_find(key);
      if (!values)
        return values.error();
      if (*values)
        function(static_cast<const K&>(key), static_cast<const std::vector<V>&>(**values));
      return {};
    });
  }

#if defined(__cpp_exceptions)
  // As the functions above, but throw `exception`.
  std::optional<std::vector<V>> find(const K& key) const {
    return try_find(key).take();
  }
  template <class T, class F>
  std::optional<T> fold(const K& key, T start, F&& combine) const {
    return try_fold(key, std::move(start), std::forward<F>(combine)).take();
  }
  void update(const K& key, const std::vector<V>& values, std::uint64_t flags = 0) {
    try_update(key, values, flags).take();
  }
  bool erase(const K& key) {
    return try_erase(key).take();
  }
  template <class F>
  void for_each(F&& function) const {
    try_for_each(std::forward<F>(function)).take();
  }
#endif

 private:
  static constexpr std::size_t stride = per_cpu_stride(sizeof(V));
};

}  // namespace ebpfkit
