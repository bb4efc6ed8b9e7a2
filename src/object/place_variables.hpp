// The variables of a linked object, of which libbpf makes maps and global data.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// libbpf's linker leaves offset 0 in the BTF of a variable that a source declares extern, and that a
// later source defines (it takes offsets from symbols, in linker_fixup_btf(), for definitions only).
// libbpf then finds no map for an access, or several maps at one place. place_variables() takes such
// offsets from the symbols, and sorts the entries of the sections where it changed something, because
// the kernel wants them in ascending order (btf_datasec_check_meta()).
//
// Refuses the maps that libbpf refuses when the application opens the object: static ones, hidden ones
// (libbpf 1.1 takes them, 1.5 does not), and extern ones without a definition
// (bpf_object__init_user_btf_map()).
//
// Returns whether `object` changed. Throws `failure` that names the map or the variable. `shown` is
// the name that messages give to the object.
bool place_variables(std::vector<std::uint8_t>& object, std::string_view shown);

}  // namespace ebpfkit::host
