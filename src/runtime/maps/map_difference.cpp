#include "map_difference.hpp"

#include <bpf/libbpf.h>
#include <inttypes.h>

#include <cstdint>
#include <string>

#include "../system/text.hpp"

namespace ebpfkit::detail {
namespace {

// The max_entries that the kernel reports for a map with this declaration.
std::uint32_t expected_max_entries(const bpf_map* map) {
  const std::uint32_t declared = bpf_map__max_entries(map);
  const int cpus = libbpf_num_possible_cpus();
  if (cpus <= 0)
    return declared;
  const auto number = static_cast<std::uint32_t>(cpus);
  const auto type = bpf_map__type(map);
  if (type == BPF_MAP_TYPE_PERF_EVENT_ARRAY && declared == 0)  // libbpf.c, map_set_def_max_entries
    return number;
  const bool has_lru_lists_by_cpu =
      (type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH) &&
      (bpf_map__map_flags(map) & BPF_F_NO_COMMON_LRU);
  if (has_lru_lists_by_cpu)  // kernel/bpf/hashtab.c, htab_map_alloc
    return (declared + number - 1) / number * number;
  return declared;
}

// The kernel adds BPF_F_RDONLY_PROG to device maps by itself (kernel/bpf/devmap.c).
std::uint32_t comparable_flags(std::uint32_t type, std::uint32_t flags) {
  const bool is_device_map = type == BPF_MAP_TYPE_DEVMAP || type == BPF_MAP_TYPE_DEVMAP_HASH;
  return is_device_map ? flags & ~std::uint32_t{BPF_F_RDONLY_PROG} : flags;
}

}  // namespace

std::string map_difference(const bpf_map_info& pinned, const bpf_map* map) {
  struct {
    const char* name;
    std::uint64_t pinned;
    std::uint64_t declared;
  } const properties[] = {
      {"type", pinned.type, bpf_map__type(map)},
      {"key_size", pinned.key_size, bpf_map__key_size(map)},
      {"value_size", pinned.value_size, bpf_map__value_size(map)},
      {"max_entries", pinned.max_entries, expected_max_entries(map)},
      {"map_flags", comparable_flags(pinned.type, pinned.map_flags),
       comparable_flags(bpf_map__type(map), bpf_map__map_flags(map))},
  };
  for (const auto& property : properties) {
    if (property.pinned != property.declared)
      return formatted("%s %" PRIu64 ", the program's map has %" PRIu64, property.name,
                       property.pinned, property.declared);
  }
  return {};
}

}  // namespace ebpfkit::detail
