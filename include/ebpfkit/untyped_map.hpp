// BPF maps as bytes, and their pins: what the typed views are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "ebpfkit/result.hpp"

struct bpf_map;

namespace ebpfkit {

namespace detail {
enum class operation : unsigned char;
}

// A view of a map without types for its keys and values, valid as long as the object that it
// belongs to. Base of the typed views.
class untyped_map {
 public:
  explicit untyped_map(bpf_map* viewed) noexcept : map_(viewed) {}

  const char* name() const;

  // The map's file descriptor; not usable before the object is loaded.
  int fd() const;

  // Pins the map at `path` in a BPF file system (/sys/fs/bpf), where it outlives the process. The
  // last part of the path must not have a dot (kernel/bpf/inode.c, bpf_lookup).
  result<void> pin(const std::string& path);

  // Removes the pin of this map at `path`; who made it does not matter. The path is free when this
  // returns. When the pin was the last reference, the kernel frees the map a little later, after an
  // RCU grace period. Errors: ENOENT without such a pin, EINVAL when another map is pinned there.
  result<void> unpin(const std::string& path);

  // Before the object is loaded: takes the map that is pinned at `path` instead of a new one.
  // False: nothing is pinned there, and the object will make its own. A pinned map that differs
  // from the declaration in type, sizes, max_entries or flags is an error with EINVAL that names
  // the difference; the members of its structs are not compared.
  result<bool> reuse_pinned(const std::string& path);

  // Before the object is loaded: as reuse_pinned(), but the map that the object makes will be
  // pinned at `path` by load(), and stays when the process ends. Maps declared with
  // __uint(pinning, LIBBPF_PIN_BY_NAME) do this by themselves below /sys/fs/bpf.
  result<bool> reuse_or_pin(const std::string& path);

  bpf_map* get() const noexcept { return map_; }

 protected:
  // The operations on bytes below the typed ones. A size that is not the map's (a caller may have
  // changed it before loading) is an error with EINVAL, never an access outside the memory given.
  // Maps without keys take a null key of 0 bytes.

  // False: no such key.
  result<bool> find_bytes(const void* key, std::size_t key_size, void* value,
                          std::size_t value_size) const;
  result<void> update_bytes(const void* key, std::size_t key_size, const void* value,
                            std::size_t value_size, std::uint64_t flags);
  // False: no such key.
  result<bool> erase_bytes(const void* key, std::size_t key_size);
  // Reads and erases in one step. False: no such key.
  result<bool> take_bytes(const void* key, std::size_t key_size, void* value,
                          std::size_t value_size);

  // The next ones ask the kernel for many entries at a time, and for one at a time where kernel or
  // map type know no batches. An error that `visit` gives ends them.
  using entry_visitor = std::function<result<void>(const void* key, const void* value)>;

  enum class visitor { only_reads, may_erase_its_entry };
  result<void> for_each_bytes(std::size_t key_size, std::size_t value_size, visitor habit,
                              const entry_visitor& visit) const;
  // Visits each entry after it was erased. Gives the number of entries.
  result<std::size_t> drain_bytes(std::size_t key_size, std::size_t value_size,
                                  const entry_visitor& visit);
  // `write(i, key, value)` stores entry i in the memory given.
  result<void> update_batch_bytes(
      std::size_t count, std::size_t key_size, std::size_t value_size, std::uint64_t flags,
      const std::function<void(std::size_t index, void* key, void* value)>& write);
  // `write(i, key)` stores key i in the memory given. Gives the number of keys that were there.
  result<std::size_t> erase_batch_bytes(
      std::size_t count, std::size_t key_size,
      const std::function<void(std::size_t index, void* key)>& write);

  std::uint32_t max_entries() const;

  // An error of this map, such as that of an update with E2BIG.
  ebpfkit::error failed(detail::operation operation, int code) const;

  // The number of values that a per-CPU map has for a key, and their distance: the kernel rounds
  // the size of each up to 8 bytes.
  static result<std::size_t> possible_cpus();
  static constexpr std::size_t per_cpu_stride(std::size_t value_size) {
    return (value_size + 7) / 8 * 8;
  }

 private:
  result<void> check_key_size(detail::operation operation, std::size_t key_size) const;
  result<void> check_sizes(detail::operation operation, std::size_t key_size,
                           std::size_t value_size) const;
  result<void> for_each_key(std::size_t key_size,
                            const std::function<result<void>(const void* key)>& visit) const;

  bpf_map* map_;
};

}  // namespace ebpfkit
