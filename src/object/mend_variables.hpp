// The variables in the BTF of a linked object.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Mends what libbpf or the kernel would refuse although the program is right.
//
// Offsets: libbpf's linker leaves offset 0 in the BTF of a variable that a source declares extern
// and that a later source defines (linker_fixup_btf() takes offsets from symbols for definitions
// only). libbpf then finds no map for an access, or several maps at one place. Such offsets are
// taken from the symbols. The entries of the section are sorted, because the kernel wants ascending
// offsets (btf_datasec_check_meta() of kernel/bpf/btf.c).
//
// Sizes: the kernel refuses the BTF of an object as a whole when a section has an entry of no
// bytes, or one that is smaller than the type of its variable (btf_datasec_resolve()). libbpf then
// loads the object without BTF. Maps with spin locks, timers or kptrs fail, and so do fentry
// programs. clang writes such entries: it makes a static variable smaller, or splits it, when few
// bits of it are used, and leaves the type that the source gave it. A static variable that became
// smaller gets an integer type of its size or less, because nothing refers to static variables by
// name. Entries without bytes are removed.
//
// Places: clang moves static constants (`static const int table[4]`) into sections such as
// .rodata.cst16, whose equal constants linkers may merge, and leaves them in the BTF of .rodata.
// libbpf then opens no object that has no .rodata, and the kernel refuses BTF with entries that
// overlap. Such entries are removed.
//
// Arrays: a map's definition holds numbers as pointers to arrays of int. The kernel refuses an
// array of 4 GiB or more (btf_array_resolve()), and so the BTF as a whole: __uint(max_entries,
// 0xffffffff). libbpf reads only the number of elements, so these get an integer type of one byte.
//
// Refuses the maps that libbpf refuses when the application opens the object: static ones, hidden
// ones (libbpf 1.1 takes them, 1.5 does not), and extern ones without a definition
// (bpf_object__init_user_btf_map()).
//
// Returns whether `object`, the bytes of an ELF file, changed. Type ids and the file's size stay as
// they are. Throws a `failure` that names the map or variable. `shown` is the name that messages
// give to the object.
bool mend_variables(std::vector<std::uint8_t>& object, std::string_view shown);

}  // namespace ebpfkit::host
