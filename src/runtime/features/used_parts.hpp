// The parts of an object that loading it uses.
#pragma once

#include <bpf/libbpf.h>

namespace ebpfkit::detail {

// Calls the functions with the programs that load automatically, and with the maps that the load
// creates.
template <class OnProgram, class OnMap>
void for_each_used_part(const bpf_object* object, OnProgram on_program, OnMap on_map) {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) {
    if (bpf_program__autoload(program))
      on_program(program);
  }
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    if (bpf_map__autocreate(map))
      on_map(map);
  }
}

}  // namespace ebpfkit::detail
