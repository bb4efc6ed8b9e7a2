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
// The key of a longest-prefix trie (BPF_MAP_TYPE_LPM_TRIE) is the number of bits that count, and
// then the bytes, in network order. find() gives the value of the longest prefix in the map that
// matches the key; update() and erase() take the very prefix. A prefix is visited before the
// shorter ones that contain it. While one is erased from elsewhere, it may be visited with the
// value of the next shorter one, because the kernel's look-ups always match.
template <class K, class V>
class map : public untyped_map {
  static_assert(std::is_trivially_copyable_v<K> && std::is_trivially_copyable_v<V>,
                "the kernel copies keys and values as bytes");

 public:
  using key_type = K;
  using value_type = V;
  using entry_type = std::pair<K, V>;
  using untyped_map::untyped_map;

  // The value of `key`; empty when the map has no such key.
  result<std::optional<V>> find(const K& key) const {
    V value{};
    const auto found = find_bytes(&key, sizeof(K), &value, sizeof(V));
    if (!found)
      return found.error();
    return *found ? std::optional<V>(value) : std::nullopt;
  }

  // Sets the value of `key`. `flags`: BPF_ANY (0), BPF_NOEXIST, BPF_EXIST of <linux/bpf.h>. The
  // error is E2BIG when the map is full; an LRU map drops what was not used for long instead.
  result<void> update(const K& key, const V& value, std::uint64_t flags = 0) {
    return update_bytes(&key, sizeof(K), &value, sizeof(V), flags);
  }

  // Removes `key`. Gives false when the map has no such key. Arrays cannot: EINVAL.
  result<bool> erase(const K& key) { return erase_bytes(&key, sizeof(K)); }

  // Calls `function(const K&, const V&)` for every entry; it may erase the entry that it is given.
  // Many entries are read at a time: the value is that of shortly before. Entries that come or go
  // meanwhile may be seen, be missed, or, in tries, be seen twice. The error is EAGAIN when entries
  // go faster than they can be read.
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

  // Sets the values of many keys, in the order given. On error some of them are set.
  result<void> update_batch(const std::vector<entry_type>& entries, std::uint64_t flags = 0) {
    return update_batch_bytes(entries.size(), sizeof(K), sizeof(V), flags,
                              [&](std::size_t index, void* key, void* value) {
                                std::memcpy(key, &entries[index].first, sizeof(K));
                                std::memcpy(value, &entries[index].second, sizeof(V));
                              });
  }

  // Removes many keys; gives the number of those that were there.
  result<std::size_t> erase_batch(const std::vector<K>& keys) {
    return erase_batch_bytes(keys.size(), sizeof(K), [&](std::size_t index, void* bytes) {
      const K key = keys[index];
      std::memcpy(bytes, &key, sizeof(K));
    });
  }

  // Empties the map: calls `function(const K&, const V&)` for every entry, after the entry was
  // erased. Gives the number of entries. In hashes, the kernel reads and erases in one step (Linux
  // 5.6). In tries and on older kernels, an update between the two steps is lost. A program that
  // looked a value up shortly before may still write to it unseen. Entries that programs add
  // meanwhile may stay. When `function` throws or an error ends this, the entries that were read
  // until then are gone. Arrays cannot be emptied: EINVAL.
  template <class F>
  result<std::size_t> drain(F&& function) {
    return drain_bytes(
        sizeof(K), sizeof(V), [&](const void* key, const void* value) -> result<void> {
          function(static_cast<const K&>(copy<K>(key)), static_cast<const V&>(copy<V>(value)));
          return {};
        });
  }

 private:
  template <class T>
  static T copy(const void* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof(T));
    return value;
  }
};

}  // namespace ebpfkit
