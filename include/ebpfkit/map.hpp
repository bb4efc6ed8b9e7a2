// Typed views of BPF maps with one value for a key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "ebpfkit/untyped_map.hpp"

namespace ebpfkit {

// A map with one value for a key: arrays, hashes, LRU hashes, longest-prefix tries, local storages.
//
// The key of a longest-prefix trie (BPF_MAP_TYPE_LPM_TRIE) is the number of bits that count, then
// the bytes in network order. find() returns the value of the longest prefix in the map that
// matches the key. update() and erase() act on exactly the given prefix. for_each() visits a prefix
// before the shorter prefixes that contain it. If somebody else erases a prefix meanwhile,
// for_each() may visit it with the value of the next shorter prefix, because a look-up in the
// kernel then matches that one.
template <class K, class V>
class map : public untyped_map {
  static_assert(std::is_trivially_copyable_v<K> && std::is_trivially_copyable_v<V>,
                "the kernel copies keys and values as bytes");

 public:
  using key_type = K;
  using value_type = V;
  using entry_type = std::pair<K, V>;
  using untyped_map::untyped_map;

  // What untyped_map::as() compares with the map.
  static constexpr detail::wanted_view wanted() {
    return {detail::view::single_value, sizeof(K), sizeof(V)};
  }

  // The value of `key`; empty when the map has no such key.
  result<std::optional<V>> find(const K& key) const {
    V value{};
    const auto found = find_bytes(&key, sizeof(K), &value, sizeof(V));
    if (!found)
      return found.error();
    return *found ? std::optional<V>(value) : std::nullopt;
  }

  // The same while the kernel holds the spin lock of the value (struct bpf_spin_lock), so that the
  // value is not half old and half new; the lock itself reads as 0. update() does this with
  // BPF_F_LOCK in `flags`. The error is EINVAL when the map's values have no lock. Linux 5.1.
  result<std::optional<V>> find_locked(const K& key) const {
    constexpr std::uint64_t lock = 4;  // BPF_F_LOCK
    V value{};
    const auto found = find_bytes_with(lock, &key, sizeof(K), &value, sizeof(V));
    if (!found)
      return found.error();
    return *found ? std::optional<V>(value) : std::nullopt;
  }

  // Removes `key` and returns its value; empty when the map has no such key. Hashes do both in one
  // step since Linux 5.14. In tries and on older kernels, an update between the two steps is lost.
  // The error is EINVAL for arrays.
  result<std::optional<V>> take(const K& key) {
    V value{};
    const auto found = take_bytes(&key, sizeof(K), &value, sizeof(V));
    if (!found)
      return found.error();
    return *found ? std::optional<V>(value) : std::nullopt;
  }

  // The key behind `key` in the kernel's order, or the first key; empty behind the last one. When
  // the map does not have `key` (any more), this is the first key.
  result<std::optional<K>> next_key(const K& key) const { return next_key_of(&key); }
  result<std::optional<K>> first_key() const { return next_key_of(nullptr); }

  // All keys, without their values: one system call for each. See for_each() about changes
  // meanwhile.
  result<std::vector<K>> keys() const {
    std::vector<K> keys;
    const auto done = for_each_key(sizeof(K), [&](const void* key) -> result<void> {
      keys.push_back(copy<K>(key));
      return {};
    });
    if (!done)
      return done.error();
    return keys;
  }

  // Sets the value of `key`. `flags`: BPF_ANY (0), BPF_NOEXIST, BPF_EXIST of <linux/bpf.h>. The
  // error is E2BIG when the map is full. A full LRU map drops an entry that was not used for long
  // instead.
  result<void> update(const K& key, const V& value, std::uint64_t flags = 0) {
    return update_bytes(&key, sizeof(K), &value, sizeof(V), flags);
  }

  // Removes `key`. Returns false when the map has no such key. The error is EINVAL for arrays,
  // which cannot remove keys.
  result<bool> erase(const K& key) { return erase_bytes(&key, sizeof(K)); }

  // Calls `function(const K&, const V&)` for every entry. `function` may erase the entry that it
  // gets. for_each() reads many entries at a time, so a value may be slightly old. It may see or
  // miss entries that are added or erased meanwhile; in tries it may see an entry twice. The error
  // is EAGAIN when entries disappear faster than for_each() can read them.
  template <class F>
  result<void> for_each(F&& function) const {
    return for_each_bytes(sizeof(K), sizeof(V), visitor::may_erase_its_entry,
                          [&](const void* key, const void* value) -> result<void> {
                            function(static_cast<const K&>(copy<K>(key)),
                                     static_cast<const V&>(copy<V>(value)));
                            return {};
                          });
  }

  // All entries, as for_each() would see them.
  result<std::vector<entry_type>> entries() const {
    std::vector<entry_type> entries;
    const auto done = for_each_bytes(sizeof(K), sizeof(V), visitor::only_reads,
                                     [&](const void* key, const void* value) -> result<void> {
                                       // Byte by byte: copying a struct may lose its padding.
                                       auto& entry = entries.emplace_back();
                                       std::memcpy(&entry.first, key, sizeof(K));
                                       std::memcpy(&entry.second, value, sizeof(V));
                                       return {};
                                     });
    if (!done)
      return done.error();
    return entries;
  }

  // Sets the values of many keys, in the given order. After an error, some of them may be set.
  result<void> update_batch(const std::vector<entry_type>& entries, std::uint64_t flags = 0) {
    return update_batch_bytes(entries.size(), sizeof(K), sizeof(V), flags,
                              [&](std::size_t index, void* key, void* value) {
                                std::memcpy(key, &entries[index].first, sizeof(K));
                                std::memcpy(value, &entries[index].second, sizeof(V));
                              });
  }

  // Removes many keys. Returns how many of them were in the map.
  result<std::size_t> erase_batch(const std::vector<K>& keys) {
    return erase_batch_bytes(keys.size(), sizeof(K), [&](std::size_t index, void* bytes) {
      const K key = keys[index];
      std::memcpy(bytes, &key, sizeof(K));
    });
  }

  // Empties the map: erases every entry and then calls `function(const K&, const V&)` with it.
  // Returns the number of entries. In hashes, the kernel reads and erases in one step (Linux 5.6).
  // In tries and on older kernels, an update between the two steps is lost. A program that looked
  // up a value shortly before may still write to it, and that write is lost. Entries that programs
  // add meanwhile may stay. When `function` throws or an error ends drain(), the entries that it
  // read until then are gone. The error is EINVAL for arrays, which cannot be emptied.
  template <class F>
  result<std::size_t> drain(F&& function) {
    return drain_bytes(
        sizeof(K), sizeof(V), [&](const void* key, const void* value) -> result<void> {
          function(static_cast<const K&>(copy<K>(key)), static_cast<const V&>(copy<V>(value)));
          return {};
        });
  }

 private:
  result<std::optional<K>> next_key_of(const K* key) const {
    K next{};
    const auto found = next_key_bytes(key, sizeof(K), &next);
    if (!found)
      return found.error();
    return *found ? std::optional<K>(next) : std::nullopt;
  }

  template <class T>
  static T copy(const void* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof(T));
    return value;
  }
};

}  // namespace ebpfkit
