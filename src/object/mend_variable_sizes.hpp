// The sizes of variables in the BTF of a linked object.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// The kernel refuses an object's BTF as a whole when a section has an entry of no bytes, or one
// that is smaller than the type of its variable (btf_datasec_check_meta() and btf_datasec_resolve()
// of kernel/bpf/btf.c). clang writes such entries:
// - It makes a static variable smaller when few bits of it are used, or splits it. The variable
// keeps
//   the type that the source gave it.
// - A variable may have no size, such as an empty array.
// libbpf then loads the object without BTF. Maps with spin locks, timers or kptrs fail, and so do
// fentry programs.
//
// Gives a static variable that became smaller an integer type of its size, or a smaller one.
// Nothing refers to static variables by name. Removes entries without bytes. Type ids and the
// file's size stay as they are.
//
// Returns whether `object`, the bytes of an ELF file, changed. Throws `failure` that names the
// variable when the object has no type that fits. `shown` is the name that messages give to the
// object.
bool mend_variable_sizes(std::vector<std::uint8_t>& object, std::string_view shown);

}  // namespace ebpfkit::host
