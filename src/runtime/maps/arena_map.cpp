#include "ebpfkit/arena_map.hpp"

#include <bpf/libbpf.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "../errors/worded_diagnosis.hpp"
#include "../system/text.hpp"

namespace ebpfkit {
namespace {

constexpr int arena_type = 33;  // BPF_MAP_TYPE_ARENA, which older headers do not have

// Older versions of <sys/mman.h> lack it. Linux 4.17.
constexpr int fixed_and_free = 0x100000;  // MAP_FIXED_NOREPLACE

}  // namespace

arena_memory::~arena_memory() {
  if (is_owner_)
    munmap(begin_, size_);
}

result<void*> arena_memory::find(std::uint64_t pointer, std::size_t bytes,
                                 std::size_t alignment) const {
  const auto begin = std::uint64_t{reinterpret_cast<std::uintptr_t>(begin_)};
  // An arena does not cross a multiple of 4 GiB (arena_map_alloc() of kernel/bpf/arena.c).
  const auto high = pointer >> 32;
  const auto offset = static_cast<std::uint32_t>(pointer) - static_cast<std::uint32_t>(begin);
  const auto error = [&](int code, const char* remedy) {
    return detail::diagnose_worded(
        "find in the arena",
        detail::formatted("%zu bytes at 0x%llx", bytes, static_cast<unsigned long long>(pointer)),
        code, remedy);
  };
  if (pointer == 0)
    return error(EFAULT, "The pointer is null: the program has not stored one yet.");
  if ((high != 0 && high != begin >> 32) || offset > size_ || bytes > size_ - offset)
    return error(EFAULT, "They are not in the arena.");
  if (offset % alignment != 0)
    return error(EINVAL, "The address is no multiple of the alignment of the type.");
  return begin_ + offset;
}

result<arena_memory> arena_map::open_memory() const {
  const auto error = [&](int code, std::string remedy) {
    return detail::failed_to("map the memory of", "map", name(), code, std::move(remedy));
  };
  if (static_cast<int>(bpf_map__type(get())) != arena_type)
    return error(EINVAL, "Only maps of the type BPF_MAP_TYPE_ARENA are arenas.");
  if (fd() < 0)
    return error(EBADF, "The map is not loaded: load its object first.");
  const std::uint64_t address = bpf_map__map_extra(get());
  const std::uint64_t size =
      std::uint64_t{max_entries()} * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  if (address == 0)
    return error(EINVAL,
                 "The arena has no address: declare __ulong(map_extra, 0x1ull << 44), or call "
                 "map_declaration::set_extra(arena_map::usual_address) before load().");
  if (address > UINTPTR_MAX || size > UINTPTR_MAX - address)
    return error(EINVAL, "The arena's address needs a process with 64-bit pointers.");
  arena_memory opened;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): map_extra is the address as a number
  opened.begin_ = reinterpret_cast<std::byte*>(static_cast<std::uintptr_t>(address));
  opened.size_ = static_cast<std::size_t>(size);
  // libbpf has mapped the arena since release 1.4, and unmaps it with the object.
  std::size_t variables = 0;
  if (bpf_map__initial_value(get(), &variables))
    return opened;
  if (mmap(opened.begin_, opened.size_, PROT_READ | PROT_WRITE, MAP_SHARED | fixed_and_free, fd(),
           0) == MAP_FAILED) {
    const int code = errno;
    return error(code, code == EEXIST
                           ? detail::formatted("Something is at its address 0x%llx, perhaps this "
                                               "arena: keep the arena_memory that you opened, or "
                                               "choose another address.",
                                               static_cast<unsigned long long>(address))
                           : "");
  }
  opened.is_owner_ = true;
  return opened;
}

}  // namespace ebpfkit
