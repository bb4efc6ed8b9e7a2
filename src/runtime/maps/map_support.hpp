// What the sources of the map views share.
#pragma once

#include <bpf/libbpf.h>
#include <errno.h>

#include <algorithm>
#include <cstdint>

#include "../system/kernel_errno.hpp"

namespace ebpfkit::detail {

// Whether bpf(2) lacks the command. EINVAL: it does not know the command at all, but EINVAL may
// have other causes too. The kernel's ENOTSUPP: it does not have the command for this type of map.
inline bool lacks_operation(int code) {
  return code == EINVAL || code == kernel_enotsupp;
}

inline bool is_array(const bpf_map* map) {
  const auto type = bpf_map__type(map);
  return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

// When a reader has seen this many entries, the map changes too fast to be read.
inline std::uint64_t visit_limit(const bpf_map* map) {
  return std::max<std::uint64_t>(1024, 4ULL * bpf_map__max_entries(map));
}

}  // namespace ebpfkit::detail
