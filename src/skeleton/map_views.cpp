#include "skeleton/map_views.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include "btf/type_graph.hpp"
#include "object/bpf_object_file.hpp"

namespace ebpfkit::host {

map_view view_of(const bpf_map_declaration& map, const type_graph& types) {
  const auto has_size = [&](type_id type, std::uint32_t declared_size) {
    return type != 0 ? types.size_of(type) != 0 : declared_size != 0;
  };
  const bool has_key = has_size(map.key, map.key_size);
  const bool has_value = has_size(map.value, map.value_size);
  const auto if_typed = [](bool has_types, map_view view) {
    return has_types ? view : map_view::untyped;
  };
  switch (static_cast<bpf_map_kind>(map.map_type)) {
    case bpf_map_kind::ring_buffer:
      return map_view::ring_buffer;
    case bpf_map_kind::user_ring_buffer:
      return map_view::user_ring_buffer;
    case bpf_map_kind::perf_event_array:
      return map_view::perf_buffer;
    case bpf_map_kind::program_array:
      return map_view::program_array;
    case bpf_map_kind::cgroup_array:
    case bpf_map_kind::xdp_sockets:
    case bpf_map_kind::reuseport_sockets:
      return map_view::descriptor;
    case bpf_map_kind::devices:
    case bpf_map_kind::device_hash:
      return map_view::device;
    case bpf_map_kind::cpus:
      return map_view::cpu;
    case bpf_map_kind::stack_trace:
      return map_view::stack_trace;
    case bpf_map_kind::arena:
      return map_view::arena;
    case bpf_map_kind::array_of_maps:
    case bpf_map_kind::hash_of_maps:
      return if_typed(has_key, map_view::map_of_maps);
    case bpf_map_kind::sockets:
    case bpf_map_kind::socket_hash:
      return if_typed(has_key, map_view::socket);
    case bpf_map_kind::queue:
    case bpf_map_kind::stack:
      return if_typed(has_value, map_view::queue);
    case bpf_map_kind::bloom_filter:
      return if_typed(has_value, map_view::bloom_filter);
    case bpf_map_kind::per_cpu_hash:
    case bpf_map_kind::per_cpu_array:
    case bpf_map_kind::lru_per_cpu_hash:
      return if_typed(has_key && has_value, map_view::per_cpu);
    case bpf_map_kind::hash:
    case bpf_map_kind::array:
    case bpf_map_kind::lru_hash:
    case bpf_map_kind::longest_prefix_trie:
      return if_typed(has_key && has_value, map_view::single_value);
    case bpf_map_kind::socket_storage:
    case bpf_map_kind::inode_storage:
    case bpf_map_kind::task_storage:
    case bpf_map_kind::cgroup_storage:
      return if_typed(has_value, map_view::local_storage);
    case bpf_map_kind::struct_ops:
      return if_typed(types.size_of(map.operations) != 0, map_view::struct_ops);
  }
  return map_view::untyped;
}

const map_view_text& text_of(map_view view) {
  // In the order of map_view.
  static constexpr std::array<map_view_text, 18> texts{{
      {"untyped_map", "untyped_map"},
      {"map", "map", true, true, true},
      {"per_cpu_map", "per_cpu_map", true, true, true},
      {"queue_map", "queue_map", false, true, true},
      {"bloom_filter_map", "bloom_filter_map", false, true, true},
      {"ring_buffer_map", "ring_buffer"},
      {"perf_buffer_map", "perf_buffer"},
      {"program_array_map", "program_array_map"},
      {"descriptor_map", "descriptor_map", false, false, true},
      {"map_of_maps", "map_of_maps", true, false, true},
      {"device_map", "device_map"},
      {"cpu_map", "device_map"},
      {"socket_map", "socket_map", true, false, true},
      {"local_storage_map", "local_storage_map", false, true, true},
      {"stack_trace_map", "stack_trace_map"},
      {"user_ring_buffer_map", "user_ring_buffer"},
      {"struct_ops_map", "struct_ops_map", false, true, true},
      {"arena_map", "arena_map"},
  }};
  static_assert(texts.size() == static_cast<std::size_t>(map_view::arena) + 1);
  return texts.at(static_cast<std::size_t>(view));
}

}  // namespace ebpfkit::host
