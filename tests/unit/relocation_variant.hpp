// Kernels that do not exist: a kernel's BTF with members moved, renamed, of other types...
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host::test {

// Raw BTF of the kernel's byte order. The seed decides what changes; each change hits a few percent
// of the types: padding, order of members, new names and flavours, other integer types, pointers
// and enums in place of integers, anonymous structs around members, other array sizes, other
// enumerators, enums of 64 bits, unions for structs, a second type of the same name.
std::vector<std::uint8_t> make_variant(const type_graph& kernel, unsigned seed);

// From one kernel release to the next: the structs that it changes are drawn by `seed`.
struct layout_step {
  unsigned seed = 0;
  unsigned per_mille = 0;  // of all structs
};

// Raw BTF in which only layouts changed, by all of the steps together: members of structs have
// padding in front of them or have changed places with neighbours of their size, and what contains
// these structs is moved and grown with them. Variants with the same first steps share their
// changes, as the releases of a series do.
std::vector<std::uint8_t> make_layout_variant(const type_graph& kernel,
                                              std::span<const layout_step> steps);

}  // namespace ebpfkit::host::test
