#include "ebpfkit/object_view.hpp"

#include <bpf/libbpf.h>
#include <errno.h>

#include <cstddef>
#include <string>
#include <utility>

#include "../errors/worded_diagnosis.hpp"
#include "../system/text.hpp"
#include "known_names.hpp"

namespace ebpfkit {
namespace {

using detail::map_class;

// Whether views of this class fit maps of this type.
bool fits(map_class wanted, bpf_map_type type) {
  const auto is_per_cpu = type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
                          type == BPF_MAP_TYPE_LRU_PERCPU_HASH ||
                          type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
  const bool is_queue = type == BPF_MAP_TYPE_QUEUE || type == BPF_MAP_TYPE_STACK;
  const bool is_filter = type == BPF_MAP_TYPE_BLOOM_FILTER;
  const bool is_ring = type == BPF_MAP_TYPE_RINGBUF;
  switch (wanted) {
    case map_class::other:
      return true;
    case map_class::per_cpu:
      return is_per_cpu;
    case map_class::queue:
      return is_queue;
    case map_class::bloom_filter:
      return is_filter;
    case map_class::ring:
      return is_ring;
    case map_class::perf:
      return type == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
    case map_class::keyed:
      return !is_per_cpu && !is_queue && !is_filter && !is_ring &&
             type != BPF_MAP_TYPE_USER_RINGBUF && type != BPF_MAP_TYPE_STRUCT_OPS;
  }
  return false;
}

const char* class_name(map_class wanted) {
  switch (wanted) {
    case map_class::keyed:
      return "map";
    case map_class::per_cpu:
      return "per_cpu_map";
    case map_class::queue:
      return "queue_map";
    case map_class::bloom_filter:
      return "bloom_filter_map";
    case map_class::ring:
      return "ring_buffer_map";
    case map_class::perf:
      return "perf_buffer_map";
    case map_class::other:
      break;
  }
  return "untyped_map";
}

ebpfkit::error mismatch(const std::string& name, std::string remedy) {
  return detail::failed_to("find", "map", name.c_str(), EINVAL, std::move(remedy));
}

}  // namespace

bpf_program* detail::next_of(const bpf_object* object, bpf_program* previous) noexcept {
  return bpf_object__next_program(object, previous);
}

bpf_map* detail::next_of(const bpf_object* object, bpf_map* previous) noexcept {
  return bpf_object__next_map(object, previous);
}

const char* object_view::name() const noexcept {
  return bpf_object__name(object_);
}

bool object_view::is_section(const untyped_map& map) noexcept {
  return bpf_map__is_internal(map.get());
}

result<program> object_view::find_program(const std::string& name) const {
  if (bpf_program* found = bpf_object__find_program_by_name(object_, name.c_str()))
    return ebpfkit::program(found);
  detail::known_names names(name);
  for (const auto each : programs())
    names.add(each.name());
  return detail::failed_to("find", "program", name.c_str(), ENOENT, names.remedy("program"));
}

result<bpf_map*> object_view::find(const std::string& name) const {
  if (bpf_map* found = bpf_object__find_map_by_name(object_, name.c_str()))
    return found;
  detail::known_names names(name);
  for (const auto each : maps())
    names.add(each.name());
  return detail::failed_to("find", "map", name.c_str(), ENOENT, names.remedy("map"));
}

result<void> object_view::check(const bpf_map* map, map_class wanted, std::size_t key_size,
                                std::size_t value_size) {
  const std::string name = bpf_map__name(map);
  const auto type = bpf_map__type(map);
  if (!fits(wanted, type)) {
    const char* type_name = libbpf_bpf_map_type_str(type);
    return mismatch(name, detail::formatted("It has the type %s, which ebpfkit::%s is not for.",
                                            type_name ? type_name : "unknown", class_name(wanted)));
  }
  const struct {
    const char* what;
    std::size_t wanted;
    std::size_t declared;
  } sizes[] = {{"keys", key_size, bpf_map__key_size(map)},
               {"values", value_size, bpf_map__value_size(map)}};
  for (const auto& size : sizes) {
    if (size.wanted != 0 && size.wanted != size.declared)
      return mismatch(name, detail::formatted("Its %s have %zu bytes, the caller's type has %zu.",
                                              size.what, size.declared, size.wanted));
  }
  return {};
}

}  // namespace ebpfkit
