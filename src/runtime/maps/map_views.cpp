// What few applications do with maps: typed views of untyped maps, single keys, locks, freezing.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "../errors/diagnosis.hpp"
#include "../errors/worded_diagnosis.hpp"
#include "../system/text.hpp"
#include "ebpfkit/untyped_map.hpp"

namespace ebpfkit {
namespace {

// Older versions of <linux/bpf.h> lack them.
constexpr unsigned cgroup_storage = 32;  // BPF_MAP_TYPE_CGRP_STORAGE
constexpr unsigned arena = 33;           // BPF_MAP_TYPE_ARENA

// One class, and the bits of the map types that it shows.
struct shown_types {
  const char* name;
  std::uint64_t types;
};

template <class... Types>
constexpr std::uint64_t bits(Types... types) {
  return (... | (std::uint64_t{1} << static_cast<unsigned>(types)));
}

// In the order of detail::view.
constexpr shown_types classes[] = {
    {"untyped_map", ~std::uint64_t{0}},
    {"map",
     bits(BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LPM_TRIE,
          BPF_MAP_TYPE_STACK_TRACE, BPF_MAP_TYPE_CGROUP_STORAGE, BPF_MAP_TYPE_SK_STORAGE,
          BPF_MAP_TYPE_INODE_STORAGE, BPF_MAP_TYPE_TASK_STORAGE, cgroup_storage)},
    {"per_cpu_map", bits(BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_PERCPU_ARRAY,
                         BPF_MAP_TYPE_LRU_PERCPU_HASH, BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE)},
    {"queue_map", bits(BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK)},
    {"bloom_filter_map", bits(BPF_MAP_TYPE_BLOOM_FILTER)},
    {"ring_buffer_map", bits(BPF_MAP_TYPE_RINGBUF)},
    {"perf_buffer_map", bits(BPF_MAP_TYPE_PERF_EVENT_ARRAY)},
    {"user_ring_buffer_map", bits(BPF_MAP_TYPE_USER_RINGBUF)},
    {"stack_trace_map", bits(BPF_MAP_TYPE_STACK_TRACE)},
    {"program_array_map", bits(BPF_MAP_TYPE_PROG_ARRAY)},
    {"map_of_maps", bits(BPF_MAP_TYPE_ARRAY_OF_MAPS, BPF_MAP_TYPE_HASH_OF_MAPS)},
    {"device_map", bits(BPF_MAP_TYPE_DEVMAP, BPF_MAP_TYPE_DEVMAP_HASH)},
    {"cpu_map", bits(BPF_MAP_TYPE_CPUMAP)},
    {"socket_map", bits(BPF_MAP_TYPE_SOCKMAP, BPF_MAP_TYPE_SOCKHASH)},
    {"descriptor_map",
     bits(BPF_MAP_TYPE_XSKMAP, BPF_MAP_TYPE_CGROUP_ARRAY, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,
          BPF_MAP_TYPE_SOCKMAP, BPF_MAP_TYPE_SOCKHASH, BPF_MAP_TYPE_PROG_ARRAY,
          BPF_MAP_TYPE_PERF_EVENT_ARRAY, BPF_MAP_TYPE_ARRAY_OF_MAPS, BPF_MAP_TYPE_HASH_OF_MAPS)},
    {"local_storage_map", bits(BPF_MAP_TYPE_SK_STORAGE, BPF_MAP_TYPE_INODE_STORAGE,
                               BPF_MAP_TYPE_TASK_STORAGE, cgroup_storage)},
    {"struct_ops_map", bits(BPF_MAP_TYPE_STRUCT_OPS)},
    {"arena_map", bits(arena)},
};

}  // namespace

result<void> untyped_map::check_view(const detail::wanted_view& wanted) const {
  const auto& shown = classes[static_cast<std::size_t>(wanted.kind)];
  const auto type = static_cast<unsigned>(bpf_map__type(map_));
  std::string remedy;
  if (type >= 64 || ((shown.types >> type) & 1) == 0) {
    const char* type_name = libbpf_bpf_map_type_str(bpf_map__type(map_));
    remedy = detail::formatted("It has the type %s, which ebpfkit::%s is not for.",
                               type_name ? type_name : "unknown", shown.name);
  } else if (wanted.key_size != 0 && wanted.key_size != bpf_map__key_size(map_)) {
    remedy = detail::formatted("Its keys have %u bytes, the caller's type has %zu.",
                               bpf_map__key_size(map_), wanted.key_size);
  } else if (wanted.value_size != 0 && wanted.value_size != bpf_map__value_size(map_)) {
    remedy = detail::formatted("Its values have %u bytes, the caller's type has %zu.",
                               bpf_map__value_size(map_), wanted.value_size);
  }
  if (remedy.empty())
    return {};
  return detail::failed_to("view", "map", name(), EINVAL, std::move(remedy));
}

result<void> untyped_map::freeze() {
  if (bpf_map_freeze(fd()) == 0)
    return {};
  const int code = errno;
  return detail::diagnose_worded(
      "freeze", detail::quoted("map", name()), code,
      code == EPERM   ? "The map is frozen already, or this process lacks CAP_BPF."
      : code == EBUSY ? "The map is frozen already, or memory of it is mapped for writing."
                      : "");
}

result<bool> untyped_map::find_bytes_with(std::uint64_t flags, const void* key,
                                          std::size_t key_size, void* value,
                                          std::size_t value_size) const {
  if (const auto checked = check_sizes(detail::operation::find, key_size, value_size); !checked)
    return checked.error();
  if (bpf_map_lookup_elem_flags(fd(), key, value, flags) == 0)
    return true;
  if (errno == ENOENT)
    return false;
  auto failure = failed(detail::operation::find, errno);
  if (failure.code == EINVAL)
    failure.remedy = "The map's values have no struct bpf_spin_lock.";
  return failure;
}

result<bool> untyped_map::next_key_bytes(const void* key, std::size_t key_size, void* next) const {
  if (const auto checked = check_key_size(detail::operation::iterate, key_size); !checked)
    return checked.error();
  if (bpf_map_get_next_key(fd(), key, next) == 0)
    return true;
  if (errno == ENOENT)
    return false;
  return failed(detail::operation::iterate, errno);
}

}  // namespace ebpfkit
