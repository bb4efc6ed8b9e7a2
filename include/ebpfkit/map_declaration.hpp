// What load() makes a map from: its type, sizes, flags and place. The application may change it
// before load().
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/result.hpp"
#include "ebpfkit/untyped_map.hpp"

struct bpf_map;

namespace ebpfkit {

// A view of the declaration of a map. It is valid as long as the object that the map belongs to.
//
//   ebpfkit::map_declaration(packets.maps().counts).set_max_entries(100000).value();
//
// What is set acts in load(). The functions check what libbpf checks; the kernel checks the rest,
// and load() gives its error. All set functions give EBUSY after load() and after the map has been
// taken from a pin or from another map. The numbers are those of <linux/bpf.h>.
class map_declaration {
 public:
  explicit map_declaration(const untyped_map& declared) noexcept : map_(declared.get()) {}

  unsigned type() const noexcept;              // enum bpf_map_type
  std::uint32_t key_size() const noexcept;     // bytes
  std::uint32_t value_size() const noexcept;   // bytes
  std::uint32_t max_entries() const noexcept;  // entries; bytes for ring buffers; pages for arenas
  std::uint32_t flags() const noexcept;        // BPF_F_*
  std::uint64_t extra() const noexcept;        // map_extra; a meaning of its own for each type
  bool autocreate() const noexcept;

  // Sets the type. Types with the same kind of keys and values exchange best, such as hash and LRU
  // hash.
  result<void> set_type(unsigned type);

  // Sets the size of keys or values, in bytes. Typed views check it when they are used. The error
  // is EINVAL for the memory of global variables, whose struct the skeleton knows.
  result<void> set_key_size(std::uint32_t size);
  result<void> set_value_size(std::uint32_t size);

  // Sets the number of entries. For ring buffers it is the number of bytes, which libbpf rounds up
  // to a power of two and a multiple of the page size; for arenas the number of pages.
  result<void> set_max_entries(std::uint32_t count);

  // Sets all flags, such as BPF_F_NO_PREALLOC or BPF_F_MMAPABLE. Add them to flags() to keep
  // others.
  result<void> set_flags(std::uint32_t flags);

  // Sets map_extra: the number of hash functions of a bloom filter (Linux 5.16), the user address
  // of an arena (6.9).
  result<void> set_extra(std::uint64_t extra);

  // Whether load() makes the map. A program that uses a map that was not made is rejected, unless
  // the verifier sees that the use is never reached. The programs of a struct_ops map that is not
  // made are not loaded; with libbpf before 1.4 they are, if another struct_ops map is made.
  result<void> set_autocreate(bool create);

  // Puts the map's memory on a NUMA node (Linux 4.14). Sets the flag BPF_F_NUMA_NODE.
  result<void> set_numa_node(std::uint32_t node);

  // Makes the map on a network device that runs offloaded programs (Linux 4.16). The error is
  // ENODEV when there is no such interface.
  result<void> set_interface(const network_interface& device);

  // Sets the initial content of a section of global variables (.data, .rodata, .bss). A skeleton's
  // data() and rodata() are easier. The error is EINVAL when the map is no such section, or `size`,
  // in bytes, is not value_size().
  result<void> set_initial_value(const void* bytes, std::size_t size);
  template <class T>
  result<void> set_initial_value(const T& value) {
    static_assert(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>,
                  "the kernel copies the bytes of the value");
    return set_initial_value(&value, sizeof(T));
  }

  // Sets what the inner maps of an array or hash of maps look like: like `loaded`, a map of another
  // object that is loaded already. It replaces the inner map that the source declares. (That one
  // cannot be changed: libbpf's set functions crash for it.) Errors: EINVAL when this map holds no
  // maps, or its inner map has been set before; EBADF when `loaded` is not loaded. `loaded` must
  // live until load() returns.
  result<void> set_inner_map(const untyped_map& loaded);

  // Makes the object use a map that is in the kernel instead of a new one: the map of another
  // skeleton or object in this process (`loaded`), or a map whose descriptor came from elsewhere,
  // such as another process (SCM_RIGHTS, pidfd_getfd(2)). The caller keeps its own descriptor. For
  // a pinned map, use untyped_map::reuse_or_pin(). Errors: EINVAL, which names the difference, when
  // type, sizes, max_entries or flags differ from this declaration (the members of structs are not
  // compared); EBADF when `loaded` is not loaded, or `map_fd` is no map.
  result<void> share(const untyped_map& loaded);
  result<void> share_fd(int map_fd);

 private:
  bpf_map* map_;
};

}  // namespace ebpfkit
