// Handles many elements of a map with one system call. Needs Linux 5.6; tries and per-CPU arrays
// need 5.13.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "../errors/diagnosis.hpp"
#include "ebpfkit/untyped_map.hpp"
#include "map_support.hpp"

namespace ebpfkit {
namespace {

// Memory for the keys and values of one system call.
class batch_memory {
 public:
  batch_memory(const bpf_map* map, std::size_t key_size, std::size_t value_size)
      : key_size_(key_size),
        value_size_(value_size),
        largest_(std::max<std::size_t>(2ULL * bpf_map__max_entries(map), 1)) {
    constexpr std::size_t usual_bytes = 64UL * 1024;
    constexpr std::size_t fewest = 4;  // values on many CPUs can be large
    resize(std::min(std::max(usual_bytes / (key_size + value_size), fewest), largest_));
  }

  // False: it already has room for twice the map's entries.
  bool grow() {
    if (capacity_ >= largest_)
      return false;
    resize(std::min(2 * capacity_, largest_));
    return true;
  }

  std::size_t capacity() const { return capacity_; }
  void* key(std::size_t index) { return keys_.data() + index * key_size_; }
  void* value(std::size_t index) { return values_.data() + index * value_size_; }

 private:
  void resize(std::size_t capacity) {
    capacity_ = capacity;
    keys_.resize(capacity * key_size_);
    values_.resize(capacity * value_size_);
  }

  std::size_t key_size_;
  std::size_t value_size_;
  std::size_t largest_;
  std::size_t capacity_ = 0;
  std::vector<unsigned char> keys_;
  std::vector<unsigned char> values_;
};

// Whether the kernel finds its place again after entries were erased. In a hash it continues at a
// bucket, and in an array at an index. In a trie it continues after the last key, and starts again
// from the beginning when that key is gone.
bool place_outlives_entries(const bpf_map* map) {
  switch (bpf_map__type(map)) {
    case BPF_MAP_TYPE_HASH:
    case BPF_MAP_TYPE_PERCPU_HASH:
    case BPF_MAP_TYPE_LRU_HASH:
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
    case BPF_MAP_TYPE_ARRAY:
    case BPF_MAP_TYPE_PERCPU_ARRAY:
      return true;
    default:
      return false;
  }
}

// bpf_map_lookup_batch or bpf_map_lookup_and_delete_batch.
using batch_command = decltype(&bpf_map_lookup_batch);

struct batch_reader {
  const bpf_map* map;
  int fd;  // untyped_map::fd(): that of libbpf may be of no map
  batch_command command;
  std::size_t key_size;
  std::size_t value_size;

  // Returns false, and visits nothing, when the kernel or the map type has no batches.
  template <class F, class E>
  result<bool> read(F&& visit, E&& failed) const;
};

template <class F, class E>
result<bool> batch_reader::read(F&& visit, E&& failed) const {
  batch_memory memory(map, key_size, value_size);
  // The kernel stores here the place where the next call continues: a key or a bucket's number.
  std::vector<unsigned char> place(std::max(key_size, sizeof(std::uint32_t)));
  bool has_place = false;
  const auto limit = detail::visit_limit(map);
  std::uint64_t visited = 0;
  for (std::uint64_t calls = 0; calls <= limit && visited <= limit; ++calls) {
    auto count = static_cast<std::uint32_t>(memory.capacity());
    const int status = command(fd, has_place ? place.data() : nullptr, place.data(), memory.key(0),
                               memory.value(0), &count, nullptr);
    const int code = status == 0 ? 0 : errno;
    if (!has_place && detail::lacks_operation(code))
      return false;
    if (code == ENOSPC && memory.grow())  // the next bucket alone has more entries
      continue;
    // EINTR: entries disappeared while the kernel looked them up. EBUSY: a bucket was locked
    // (hashtab.c, 5.11 to 6.x). With both, the kernel returns the entries that it read until then.
    if (code != 0 && code != ENOENT && code != EINTR && code != EBUSY)
      return failed(code);
    for (std::size_t i = 0; i < std::min<std::size_t>(count, memory.capacity()); ++i) {
      if (const auto done = visit(memory.key(i), memory.value(i)); !done)
        return done.error();
    }
    if (code == ENOENT)
      return true;
    has_place = has_place || code == 0 || count != 0;
    visited += count;
  }
  return failed(EAGAIN);
}

}  // namespace

result<void> untyped_map::for_each_bytes(std::size_t key_size, std::size_t value_size,
                                         visitor habit, const entry_visitor& visit) const {
  if (auto checked = check_sizes(detail::operation::iterate, key_size, value_size); !checked)
    return checked;
  if (habit == visitor::only_reads || place_outlives_entries(map_)) {
    const batch_reader reader{map_, fd(), bpf_map_lookup_batch, key_size,
                              value_size & ~per_cpu_mark};
    const auto read =
        reader.read(visit, [this](int code) { return failed(detail::operation::iterate, code); });
    if (!read)
      return read.error();
    if (*read)
      return {};
  }
  std::vector<unsigned char> value(value_size & ~per_cpu_mark);
  return for_each_key(key_size, [&](const void* key) -> result<void> {
    const auto found = find_bytes(key, key_size, value.data(), value_size);
    if (!found)
      return found.error();
    return *found ? visit(key, value.data()) : result<void>();
  });
}

result<std::size_t> untyped_map::drain_bytes(std::size_t key_size, std::size_t value_size,
                                             const entry_visitor& visit) {
  if (const auto checked = check_sizes(detail::operation::drain, key_size, value_size); !checked)
    return checked.error();
  std::size_t count = 0;
  const auto visit_and_count = [&](const void* key, const void* value) {
    ++count;
    return visit(key, value);
  };
  const batch_reader reader{map_, fd(), bpf_map_lookup_and_delete_batch, key_size,
                            value_size & ~per_cpu_mark};
  const auto read = reader.read(
      visit_and_count, [this](int code) { return failed(detail::operation::drain, code); });
  if (!read)
    return read.error();
  if (*read)
    return count;
  std::vector<unsigned char> value(value_size & ~per_cpu_mark);
  const auto done = for_each_key(key_size, [&](const void* key) -> result<void> {
    const auto taken = take_bytes(key, key_size, value.data(), value_size);
    if (!taken)
      return taken.error();
    return *taken ? visit_and_count(key, value.data()) : result<void>();
  });
  if (!done)
    return done.error();
  return count;
}

result<void> untyped_map::update_batch_bytes(
    std::size_t count, std::size_t key_size, std::size_t value_size, std::uint64_t flags,
    const std::function<void(std::size_t index, void* key, void* value)>& write) {
  if (auto checked = check_sizes(detail::operation::update, key_size, value_size); !checked)
    return checked;
  batch_memory memory(map_, key_size, value_size & ~per_cpu_mark);
  // The kernel accepts no other flag here (generic_map_update_batch).
  bool use_batches = (flags & ~std::uint64_t{BPF_F_LOCK}) == 0;
  bpf_map_batch_opts options{};
  options.sz = sizeof(options);
  options.elem_flags = flags;
  for (std::size_t begin = 0; begin < count;) {
    const auto number = std::min(memory.capacity(), count - begin);
    for (std::size_t i = 0; i < number; ++i)
      write(begin + i, memory.key(i), memory.value(i));
    begin += number;
    if (use_batches) {
      auto done = static_cast<std::uint32_t>(number);
      if (bpf_map_update_batch(fd(), memory.key(0), memory.value(0), &done, &options) == 0)
        continue;
      if (!detail::lacks_operation(errno))
        return failed(detail::operation::update, errno);
      use_batches = false;
    }
    for (std::size_t i = 0; i < number; ++i) {
      if (bpf_map_update_elem(fd(), memory.key(i), memory.value(i), flags) != 0)
        return failed(detail::operation::update, errno);
    }
  }
  return {};
}

result<std::size_t> untyped_map::erase_batch_bytes(
    std::size_t count, std::size_t key_size,
    const std::function<void(std::size_t index, void* key)>& write) {
  if (const auto checked = check_key_size(detail::operation::erase, key_size); !checked)
    return checked.error();
  batch_memory memory(map_, key_size, 0);
  bool use_batches = true;
  std::size_t erased = 0;
  for (std::size_t begin = 0; begin < count;) {
    const auto number = std::min(memory.capacity(), count - begin);
    for (std::size_t i = 0; i < number; ++i)
      write(begin + i, memory.key(i));
    begin += number;
    for (std::size_t i = 0; i < number;) {
      if (!use_batches) {
        const auto was_there = erase_bytes(memory.key(i), key_size);
        if (!was_there)
          return was_there.error();
        erased += *was_there ? 1 : 0;
        ++i;
        continue;
      }
      // The kernel stops at a key that is not in the map, and tells how many it erased before.
      auto done = static_cast<std::uint32_t>(number - i);
      const int code = bpf_map_delete_batch(fd(), memory.key(i), &done, nullptr) == 0 ? 0 : errno;
      use_batches = !detail::lacks_operation(code);
      if (!use_batches)
        continue;
      if (code != 0 && code != ENOENT)
        return failed(detail::operation::erase, code);
      if (code == 0)
        done = static_cast<std::uint32_t>(number - i);
      erased += done;
      i += std::size_t{done} + (code == ENOENT ? 1 : 0);
    }
  }
  return erased;
}

}  // namespace ebpfkit
