// Single elements of maps.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "../errors/diagnosis.hpp"
#include "../system/text.hpp"
#include "ebpfkit/untyped_map.hpp"
#include "map_support.hpp"

namespace ebpfkit {
namespace {

bool is_per_cpu(const bpf_map* map) {
  switch (bpf_map__type(map)) {
    case BPF_MAP_TYPE_PERCPU_HASH:
    case BPF_MAP_TYPE_PERCPU_ARRAY:
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
    case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
      return true;
    default:
      return false;
  }
}

ebpfkit::error wrong_size(const untyped_map& map, detail::operation operation, const char* what,
                          std::size_t expected, std::size_t given) {
  const auto bytes = [](std::size_t size) {  // without the mark of per-CPU views
    return static_cast<unsigned>(size & (SIZE_MAX >> 1));
  };
  const bool one_is_per_cpu = (expected ^ given) > SIZE_MAX >> 1;
  return detail::diagnose_named(
      operation, "map", map.name(), EINVAL, {},
      detail::formatted(one_is_per_cpu ? "Map or class has %s per CPU, not both."
                                       : "The map's %s have %u bytes, those given have %u.",
                        what, bytes(expected), bytes(given)));
}

}  // namespace

const char* untyped_map::name() const {
  return bpf_map__name(map_);
}

int untyped_map::fd() const {
  // From libbpf 1.5 on, a map that load() left out holds a descriptor that is no map
  // (create_placeholder_fd() in libbpf.c).
  return bpf_map__autocreate(map_) ? bpf_map__fd(map_) : -1;
}

std::uint32_t untyped_map::max_entries() const {
  return bpf_map__max_entries(map_);
}

ebpfkit::error untyped_map::failed(detail::operation operation, int code) const {
  std::string remedy;
  if (code == E2BIG)
    remedy = detail::formatted("The map has room for %u entries: make its max_entries greater.",
                               max_entries());
  return detail::diagnose_named(operation, "map", name(), code, {}, std::move(remedy));
}

result<std::size_t> untyped_map::possible_cpus() {
  const int count = libbpf_num_possible_cpus();
  if (count <= 0)
    return detail::diagnose(detail::operation::count, "the possible CPUs",
                            count == 0 ? EINVAL : count);
  return static_cast<std::size_t>(count);
}

// Only this check notices a wrong size: the kernel reads and writes as many bytes as the map's keys
// and values have.
result<void> untyped_map::check_key_size(detail::operation operation, std::size_t key_size) const {
  const std::size_t expected = bpf_map__key_size(map_);
  if (key_size == expected)
    return {};
  return wrong_size(*this, operation, "keys", expected, key_size);
}

result<void> untyped_map::check_sizes(detail::operation operation, std::size_t key_size,
                                      std::size_t value_size) const {
  if (auto checked = check_key_size(operation, key_size); !checked)
    return checked;
  std::size_t expected = bpf_map__value_size(map_);
  if (is_per_cpu(map_)) {
    const auto cpus = possible_cpus();
    if (!cpus)
      return cpus.error();
    expected = per_cpu_stride(expected) * *cpus | per_cpu_mark;
  }
  if (value_size == expected)
    return {};
  return wrong_size(*this, operation, "values", expected, value_size);
}

bool untyped_map::has_sizes(std::size_t key_size, std::size_t value_size) const {
  return key_size == bpf_map__key_size(map_) && value_size == bpf_map__value_size(map_) &&
         !is_per_cpu(map_);
}

result<bool> untyped_map::find_bytes(const void* key, std::size_t key_size, void* value,
                                     std::size_t value_size) const {
  if (!has_sizes(key_size, value_size)) {
    if (const auto checked = check_sizes(detail::operation::find, key_size, value_size); !checked)
      return checked.error();
  }
  if (bpf_map_lookup_elem(fd(), key, value) == 0)
    return true;
  if (errno == ENOENT)
    return false;
  return failed(detail::operation::find, errno);
}

result<void> untyped_map::update_bytes(const void* key, std::size_t key_size, const void* value,
                                       std::size_t value_size, std::uint64_t flags) {
  if (!has_sizes(key_size, value_size)) {
    if (auto checked = check_sizes(detail::operation::update, key_size, value_size); !checked)
      return checked;
  }
  if (bpf_map_update_elem(fd(), key, value, flags) == 0)
    return {};
  return failed(detail::operation::update, errno);
}

result<bool> untyped_map::erase_bytes(const void* key, std::size_t key_size) {
  if (key_size != bpf_map__key_size(map_))
    return check_key_size(detail::operation::erase, key_size).error();
  if (bpf_map_delete_elem(fd(), key) == 0)
    return true;
  if (errno == ENOENT)
    return false;
  auto failure = failed(detail::operation::erase, errno);
  if (detail::is_array(map_))
    failure.remedy = "Elements of an array cannot be erased: set them to zero.";
  return failure;
}

result<bool> untyped_map::take_bytes(const void* key, std::size_t key_size, void* value,
                                     std::size_t value_size) {
  if (const auto checked = check_sizes(detail::operation::take, key_size, value_size); !checked)
    return checked.error();
  if (bpf_map_lookup_and_delete_elem(fd(), key, value) == 0)
    return true;
  if (errno == ENOENT)
    return false;
  if (!key || !detail::lacks_operation(errno))
    return failed(detail::operation::take, errno);
  // Hashes have this operation since Linux 5.14. Tries and arrays do not have it.
  auto found = find_bytes(key, key_size, value, value_size);
  return found && *found ? erase_bytes(key, key_size) : found;
}

result<void> untyped_map::for_each_key(
    std::size_t key_size, const std::function<result<void>(const void* key)>& visit) const {
  if (auto checked = check_key_size(detail::operation::iterate, key_size); !checked)
    return checked;
  // Get the next key before visiting the current one, so that the visitor may erase it. When
  // another process has erased the current key, the kernel starts again from the beginning. The
  // limit ends this loop, which could otherwise go on for ever.
  const auto limit = detail::visit_limit(map_);
  std::vector<unsigned char> current(key_size);
  std::vector<unsigned char> next(key_size);
  bool more = bpf_map_get_next_key(fd(), nullptr, current.data()) == 0;
  int code = more ? 0 : errno;
  for (std::uint64_t visited = 0; more; ++visited) {
    if (visited == limit)
      return failed(detail::operation::iterate, EAGAIN);
    more = bpf_map_get_next_key(fd(), current.data(), next.data()) == 0;
    code = more ? 0 : errno;
    if (auto done = visit(current.data()); !done)
      return done;
    current.swap(next);
  }
  if (code != ENOENT)
    return failed(detail::operation::iterate, code);
  return {};
}

}  // namespace ebpfkit
