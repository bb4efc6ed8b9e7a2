// BPF maps as bytes, and their pins. The typed views are built on this class.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "ebpfkit/result.hpp"

struct bpf_map;

namespace ebpfkit {

template <class K, class V>
class map;

namespace detail {

enum class operation : unsigned char;

// Groups of map types that one class shows. View::wanted() says which a class shows.
enum class view : unsigned char {
  any,
  single_value,
  per_cpu,
  queue,
  bloom_filter,
  ring_buffer,
  perf_buffer,
  user_ring_buffer,
  stack_trace,
  program_array,
  map_of_maps,
  device,
  cpu,
  socket,
  descriptor,
  local_storage,
  struct_ops,
  arena,
};

struct wanted_view {
  view kind;
  std::size_t key_size;    // bytes; 0: the class has no type for keys
  std::size_t value_size;  // bytes; 0: the class has no type for values
};

}  // namespace detail

// A view of a map, without types for its keys and values. It is valid as long as the object that
// the map belongs to.
class untyped_map {
 public:
  explicit untyped_map(bpf_map* viewed) noexcept : map_(viewed) {}

  const char* name() const;

  // The map's file descriptor. Negative before the object is loaded, and for a map that is not
  // made (map_declaration::set_autocreate(false)).
  int fd() const;

  // Pins the map at `path` in a BPF file system (/sys/fs/bpf). A pinned map outlives the process.
  // The last part of the path must not have a dot (kernel/bpf/inode.c, bpf_lookup).
  result<void> pin(const std::string& path);

  // Removes the pin of this map at `path`, whoever made it. The path is free when this function
  // returns. If the pin was the last reference, the kernel frees the map a little later, after an
  // RCU grace period. Errors: ENOENT when there is no such pin, EINVAL when another map is pinned
  // there.
  result<void> unpin(const std::string& path);

  // Makes the object use the map that is pinned at `path` instead of a new one. Call it before the
  // object is loaded. Returns false when nothing is pinned there; the object then makes a new map.
  // The error is EINVAL, and names the difference, when the pinned map differs from the declaration
  // in type, sizes, max_entries or flags. The members of structs are not compared: that needs the
  // BTF of the object, which libbpf does not tell of a map. reuse_or_pin() of pin_changes.hpp takes
  // the object and compares them.
  result<bool> reuse_pinned(const std::string& path);

  // Like reuse_pinned(), but if the object makes a new map, load() pins it at `path`, so that it
  // outlives the process. Call it before the object is loaded. libbpf does the same below
  // /sys/fs/bpf for maps declared with __uint(pinning, LIBBPF_PIN_BY_NAME).
  result<bool> reuse_or_pin(const std::string& path);

  // This map with the types that the application gives: for a map that is declared by sizes alone,
  // or found by name. `View` is any class of a map, whose header the caller includes. The error is
  // EINVAL, and names the difference, when the map's type belongs to another class, or its keys or
  // values have other sizes than the types of the class. Members of structs are not compared.
  template <class View>
  result<View> as() const {
    if (auto checked = check_view(View::wanted()); !checked)
      return checked.error();
    return View(map_);
  }
  static constexpr detail::wanted_view wanted() { return {detail::view::any, 0, 0}; }

  // The same for map<K, V>: `table.as<std::uint32_t, counter>()`.
  template <class K, class V>
  result<map<K, V>> as() const {
    return as<map<K, V>>();
  }

  // Makes the map read-only for all applications, for ever; programs can still write to it. Load
  // the programs that shall see constants in it afterwards. Linux 5.2. The error is EBUSY when the
  // map is mapped into memory that is writable, or somebody writes to it.
  result<void> freeze();

  bpf_map* get() const noexcept { return map_; }

 protected:
  // The typed views call these operations on bytes. The error is EINVAL when a size is not the
  // map's (a caller may have changed the map's size before loading); they never access memory
  // outside what the caller gives. Maps without keys take a null key of 0 bytes. Views of per-CPU
  // maps mark their value sizes with `per_cpu_mark`: on one CPU, the sizes alone are equal.
  static constexpr std::size_t per_cpu_mark = ~(SIZE_MAX >> 1);

  // False: no such key.
  result<bool> find_bytes(const void* key, std::size_t key_size, void* value,
                          std::size_t value_size) const;
  result<void> update_bytes(const void* key, std::size_t key_size, const void* value,
                            std::size_t value_size, std::uint64_t flags);
  // The same with flags: BPF_F_LOCK. Linux 5.1.
  result<bool> find_bytes_with(std::uint64_t flags, const void* key, std::size_t key_size,
                               void* value, std::size_t value_size) const;
  // Of a per-CPU map: `value` is that of one CPU. Linux 7.0.
  result<void> update_on_cpu_bytes(const void* key, std::size_t key_size, std::uint32_t cpu,
                                   const void* value, std::size_t value_size, std::uint64_t flags);
  // Stores the key behind `key`, or the first one if that is null. False: there is none.
  result<bool> next_key_bytes(const void* key, std::size_t key_size, void* next) const;
  // False: no such key.
  result<bool> erase_bytes(const void* key, std::size_t key_size);
  // Reads and erases in one step. False: no such key.
  result<bool> take_bytes(const void* key, std::size_t key_size, void* value,
                          std::size_t value_size);

  // The following functions ask the kernel for many entries at a time, or for one at a time when
  // the kernel or the map type has no batches. They end when `visit` returns an error.
  using entry_visitor = std::function<result<void>(const void* key, const void* value)>;

  enum class visitor { only_reads, may_erase_its_entry };
  result<void> for_each_bytes(std::size_t key_size, std::size_t value_size, visitor habit,
                              const entry_visitor& visit) const;
  // Erases each entry and then visits it. Returns the number of entries.
  result<std::size_t> drain_bytes(std::size_t key_size, std::size_t value_size,
                                  const entry_visitor& visit);
  // `write(i, key, value)` stores entry i in the memory at `key` and `value`.
  result<void> update_batch_bytes(
      std::size_t count, std::size_t key_size, std::size_t value_size, std::uint64_t flags,
      const std::function<void(std::size_t index, void* key, void* value)>& write);
  // `write(i, key)` stores key i in the memory at `key`. Returns how many of the keys were in the
  // map.
  result<std::size_t> erase_batch_bytes(
      std::size_t count, std::size_t key_size,
      const std::function<void(std::size_t index, void* key)>& write);

  // Visits the keys only.
  result<void> for_each_key(std::size_t key_size,
                            const std::function<result<void>(const void* key)>& visit) const;

  std::uint32_t max_entries() const;

  // Makes an error about this map, such as a failed update with E2BIG.
  ebpfkit::error failed(detail::operation operation, int code) const;

  // The number of values that a per-CPU map has for a key, and the distance between them in bytes.
  // The kernel rounds the size of each value up to a multiple of 8 bytes.
  static result<std::size_t> possible_cpus();
  static constexpr std::size_t per_cpu_stride(std::size_t value_size) {
    return (value_size + 7) / 8 * 8;
  }

 private:
  result<void> check_view(const detail::wanted_view& wanted) const;
  // Whether the sizes are those of this map, and it has one value for a key: a quick answer for
  // most calls. The check_ functions know per-CPU maps, too, and tell what is wrong.
  bool has_sizes(std::size_t key_size, std::size_t value_size) const;
  result<void> check_key_size(detail::operation operation, std::size_t key_size) const;
  result<void> check_sizes(detail::operation operation, std::size_t key_size,
                           std::size_t value_size) const;

  bpf_map* map_;
};

}  // namespace ebpfkit
