#include "ebpfkit/mapped_array.hpp"

#include <bpf/libbpf.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "../errors/diagnosis.hpp"
#include "../errors/worded_diagnosis.hpp"
#include "../system/text.hpp"

namespace ebpfkit::detail {
namespace {

// BPF_F_MMAPABLE. Older versions of <linux/bpf.h> lack it.
constexpr std::uint32_t can_be_mapped = 1U << 10;

std::string why_not_mapped(const untyped_map& map, std::size_t value_size) {
  if (bpf_map__type(map.get()) != BPF_MAP_TYPE_ARRAY ||
      (bpf_map__map_flags(map.get()) & can_be_mapped) == 0)
    return "Only arrays with BPF_F_MMAPABLE can be mapped: declare __uint(map_flags, "
           "BPF_F_MMAPABLE).";
  const std::size_t expected = bpf_map__value_size(map.get());
  if (expected != value_size)
    return formatted("The map's values have %zu bytes, those of the class have %zu.", expected,
                     value_size);
  return {};
}

}  // namespace

result<mapped_bytes> mapped_bytes::open(const untyped_map& map, std::size_t value_size,
                                        bool writable) {
  const auto error = [&](int code, std::string remedy) {
    return diagnose_worded("map the memory of", quoted("map", map.name()), code, std::move(remedy));
  };
  if (auto remedy = why_not_mapped(map, value_size); !remedy.empty())
    return error(EINVAL, std::move(remedy));
  if (map.fd() < 0)
    return error(EBADF, {});
  mapped_bytes opened;
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t count = bpf_map__max_entries(map.get());
  const std::size_t bytes = (value_size * count + page - 1) / page * page;
  void* memory =
      mmap(nullptr, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, map.fd(), 0);
  if (memory == MAP_FAILED) {
    const int code = errno;
    return error(code, code == EPERM && writable
                           ? "The map is frozen or read-only: open mapped_array<const V>."
                           : "");
  }
  opened.memory_ = memory;
  opened.bytes_ = bytes;
  opened.count_ = count;
  return opened;
}

mapped_bytes::~mapped_bytes() {
  if (memory_)
    munmap(memory_, bytes_);
}

}  // namespace ebpfkit::detail
