#include "unmade_struct_ops.hpp"

#include <bpf/libbpf.h>

namespace ebpfkit::detail {
namespace {

bool libbpf_looks_at_unmade_maps() {
  return libbpf_major_version() == 1 && libbpf_minor_version() < 4;
}

bool loads_struct_ops_program(const bpf_object* object) {
  const bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(object, const_cast<bpf_program*>(program)))) {
    if (bpf_program__type(program) == BPF_PROG_TYPE_STRUCT_OPS && bpf_program__autoload(program))
      return true;
  }
  return false;
}

// Gives the maps that are not made another type. libbpf takes any type, and needs none for them.
void change_unmade_maps(const bpf_object* object, bpf_map_type from, bpf_map_type to) {
  bpf_map* map = nullptr;
  while ((map = bpf_object__next_map(object, map))) {
    if (bpf_map__type(map) == from && !bpf_map__autocreate(map))
      bpf_map__set_type(map, to);
  }
}

}  // namespace

const char* hide_unmade_struct_ops(bpf_object* object) {
  if (!libbpf_looks_at_unmade_maps() || loads_struct_ops_program(object))
    return nullptr;
  change_unmade_maps(object, BPF_MAP_TYPE_STRUCT_OPS, BPF_MAP_TYPE_UNSPEC);
  const bpf_map* map = nullptr;
  while ((map = bpf_object__next_map(object, map))) {
    if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS)
      return bpf_map__name(map);
  }
  return nullptr;
}

void show_unmade_struct_ops(bpf_object* object) {
  change_unmade_maps(object, BPF_MAP_TYPE_UNSPEC, BPF_MAP_TYPE_STRUCT_OPS);
}

void leave_out_unused_struct_ops(bpf_object* object) {
  bool has_maps = false;
  const bpf_map* map = nullptr;
  while ((map = bpf_object__next_map(object, map))) {
    if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
      continue;
    if (bpf_map__autocreate(map))
      return;
    has_maps = true;
  }
  bpf_program* program = nullptr;
  while (has_maps && (program = bpf_object__next_program(object, program))) {
    if (bpf_program__type(program) == BPF_PROG_TYPE_STRUCT_OPS)
      bpf_program__set_autoload(program, false);
  }
}

}  // namespace ebpfkit::detail
