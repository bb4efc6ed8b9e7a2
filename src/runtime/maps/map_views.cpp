// What few applications do with maps: typed views of untyped maps, single keys, locks, freezing.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "../errors/diagnosis.hpp"
#include "../errors/worded_diagnosis.hpp"
#include "../system/text.hpp"
#include "ebpfkit/untyped_map.hpp"

namespace ebpfkit {
namespace {

// BPF_MAP_TYPE_CGRP_STORAGE. Older versions of <linux/bpf.h> lack it.
constexpr unsigned cgroup_storage = 32;

bool shows(detail::view kind, unsigned type) {
  switch (type) {
    case BPF_MAP_TYPE_HASH:
    case BPF_MAP_TYPE_ARRAY:
    case BPF_MAP_TYPE_LRU_HASH:
    case BPF_MAP_TYPE_LPM_TRIE:
    case BPF_MAP_TYPE_STACK_TRACE:
    case BPF_MAP_TYPE_CGROUP_STORAGE:
    case BPF_MAP_TYPE_SK_STORAGE:
    case BPF_MAP_TYPE_INODE_STORAGE:
    case BPF_MAP_TYPE_TASK_STORAGE:
    case cgroup_storage:
      return kind == detail::view::single_value;
    case BPF_MAP_TYPE_PERCPU_HASH:
    case BPF_MAP_TYPE_PERCPU_ARRAY:
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
    case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
      return kind == detail::view::per_cpu;
    case BPF_MAP_TYPE_QUEUE:
    case BPF_MAP_TYPE_STACK:
      return kind == detail::view::queue;
    case BPF_MAP_TYPE_BLOOM_FILTER:
      return kind == detail::view::bloom_filter;
    default:
      return false;
  }
}

const char* class_of(detail::view kind) {
  constexpr const char* names[] = {"map", "per_cpu_map", "queue_map", "bloom_filter_map"};
  return names[static_cast<std::size_t>(kind)];
}

}  // namespace

result<void> untyped_map::check_view(const detail::wanted_view& wanted) const {
  const auto type = bpf_map__type(map_);
  const std::size_t key_size = bpf_map__key_size(map_);
  const std::size_t value_size = bpf_map__value_size(map_);
  const bool is_shown = shows(wanted.kind, type);
  if (is_shown && key_size == wanted.key_size && value_size == wanted.value_size)
    return {};
  const char* type_name = libbpf_bpf_map_type_str(type);
  return detail::diagnose_worded(
      "view", detail::quoted("map", name()), EINVAL,
      !is_shown ? detail::formatted("A map of the type '%s' is not shown by %s.",
                                    type_name ? type_name : "unknown", class_of(wanted.kind))
                : detail::formatted("The map's keys have %zu bytes and its values %zu; those of "
                                    "the class have %zu and %zu.",
                                    key_size, value_size, wanted.key_size, wanted.value_size));
}

result<void> untyped_map::freeze() {
  if (bpf_map_freeze(fd()) == 0)
    return {};
  const int code = errno;
  return detail::diagnose_worded(
      "freeze", detail::quoted("map", name()), code,
      code == EPERM ? "The map is frozen already, or this process lacks CAP_BPF." : "");
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
