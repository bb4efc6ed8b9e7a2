// Which class of the runtime shows a map.
#pragma once

#include <cstdint>
#include <string_view>

#include "btf/type_graph.hpp"
#include "object/bpf_object_file.hpp"

namespace ebpfkit::host {

// Values of BPF_MAP_TYPE_*. Older versions of <linux/bpf.h> lack some of them.
enum class bpf_map_kind : std::uint32_t {
  hash = 1,
  array = 2,
  program_array = 3,
  perf_event_array = 4,
  per_cpu_hash = 5,
  per_cpu_array = 6,
  stack_trace = 7,
  cgroup_array = 8,
  lru_hash = 9,
  lru_per_cpu_hash = 10,
  longest_prefix_trie = 11,
  array_of_maps = 12,
  hash_of_maps = 13,
  devices = 14,
  sockets = 15,
  cpus = 16,
  xdp_sockets = 17,
  socket_hash = 18,
  reuseport_sockets = 20,
  queue = 22,
  stack = 23,
  socket_storage = 24,
  device_hash = 25,
  struct_ops = 26,
  ring_buffer = 27,
  inode_storage = 28,
  task_storage = 29,
  bloom_filter = 30,
  user_ring_buffer = 31,
  cgroup_storage = 32,
  arena = 33,
};

enum class map_view : unsigned char {
  untyped,
  single_value,
  per_cpu,
  queue,
  bloom_filter,
  ring_buffer,
  perf_buffer,
  program_array,
  descriptor,
  map_of_maps,
  device,
  cpu,
  socket,
  local_storage,
  stack_trace,
  user_ring_buffer,
  struct_ops,
  arena,
};

map_view view_of(const bpf_map_declaration& map, const type_graph& types);

// How the generated header writes a view.
struct map_view_text {
  std::string_view class_name;
  std::string_view header;  // in ebpfkit/, without .hpp
  bool has_key = false;     // the types that are template arguments
  bool has_value = false;
  bool is_template = false;
};
const map_view_text& text_of(map_view view);

}  // namespace ebpfkit::host
