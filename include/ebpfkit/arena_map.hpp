// Arenas: memory that programs and the application share, with pointers that both may follow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "ebpfkit/result.hpp"
#include "ebpfkit/untyped_map.hpp"

namespace ebpfkit {

// The memory of an arena in this process. Move-only. Valid as long as the object of its map.
//
// The kernel gives a page its memory when a program allocates it (bpf_arena_alloc_pages()), or when
// the application touches it. With the map flag BPF_F_SEGV_ON_FAULT, touching a page that no
// program allocated is a fault. Programs may write while the application reads: use atomic
// operations where that matters.
class [[nodiscard]] arena_memory {
 public:
  arena_memory(arena_memory&& other) noexcept { swap(other); }
  arena_memory& operator=(arena_memory&& other) noexcept {
    arena_memory taken(std::move(other));
    swap(taken);
    return *this;
  }
  arena_memory(const arena_memory&) = delete;
  arena_memory& operator=(const arena_memory&) = delete;
  ~arena_memory();

  std::byte* data() const noexcept { return begin_; }
  std::size_t size() const noexcept { return size_; }  // bytes: the pages of max_entries

  // The `count` objects of type T to which `pointer` points: a pointer that a program has stored in
  // a global variable, in a value of a map or in the arena itself. A skeleton shows such pointers
  // as std::uint64_t.
  //
  //   auto* slot = memory.at<cache::slot>(opened.bss().slots).value();
  //
  // Programs store pointers as addresses in this process, or only the low 32 bits, which are the
  // program's own form. Both mean the same place. Errors: EFAULT when the objects do not lie in the
  // arena, also for null; EINVAL when the address is no multiple of T's alignment.
  template <class T>
  result<T*> at(std::uint64_t pointer, std::size_t count = 1) const {
    static_assert(std::is_trivially_copyable_v<T>, "programs write the objects as bytes");
    const auto bytes = count > std::numeric_limits<std::size_t>::max() / sizeof(T)
                           ? std::numeric_limits<std::size_t>::max()
                           : count * sizeof(T);
    const auto found = find(pointer, bytes, alignof(T));
    if (!found)
      return found.error();
    return static_cast<T*>(*found);
  }

  // What to store for programs, so that they find `object`, which must lie in the arena. The error
  // is EFAULT otherwise.
  template <class T>
  result<std::uint64_t> pointer_to(const T* object) const {
    const auto address = reinterpret_cast<std::uintptr_t>(object);
    const auto found = find(address, sizeof(T), 1);
    if (!found)
      return found.error();
    return std::uint64_t{address};
  }

 private:
  friend class arena_map;
  arena_memory() = default;
  void swap(arena_memory& other) noexcept {
    std::swap(begin_, other.begin_);
    std::swap(size_, other.size_);
    std::swap(is_owner_, other.is_owner_);
  }
  result<void*> find(std::uint64_t pointer, std::size_t bytes, std::size_t alignment) const;

  std::byte* begin_ = nullptr;
  std::size_t size_ = 0;
  bool is_owner_ = false;  // else libbpf has mapped it
};

// A view of a map of type BPF_MAP_TYPE_ARENA. Linux 6.9, on a CPU whose JIT has arenas. load()
// tells when the kernel has none. Any libbpf from 1.1 on will do; global variables in an arena
// need libbpf 1.4.
//
// An arena has one address in all processes, which map_extra gives. Set it before load(), unless
// the BPF source does (`__ulong(map_extra, 0x1ull << 44)`):
//
//   ebpfkit::map_declaration(opened.maps().memory).set_extra(ebpfkit::arena_map::usual_address);
class arena_map : public untyped_map {
 public:
  using untyped_map::untyped_map;

  // What untyped_map::as() compares with the map.
  static constexpr detail::wanted_view wanted() { return {detail::view::arena, 0, 0}; }

  // An address where a process with 64-bit pointers has nothing else, as in the kernel's own tests
  // (tools/testing/selftests/bpf/progs/arena_list.c). Several arenas in one process need several
  // addresses, at least 4 GiB apart. ASan and TSan have their own memory there: set another
  // address in builds with them.
#if defined(__aarch64__)
  static constexpr std::uint64_t usual_address = std::uint64_t{1} << 32;
#else
  static constexpr std::uint64_t usual_address = std::uint64_t{1} << 44;
#endif

  // Maps the arena into this process, unless libbpf has done so (1.4 and newer). Call it after
  // load(), and keep one arena_memory. Errors: EBADF before load(); EINVAL when the map is no
  // arena, has no address, or is larger than the address space; EEXIST when something else is at
  // its address.
  result<arena_memory> open_memory() const;
};

}  // namespace ebpfkit
