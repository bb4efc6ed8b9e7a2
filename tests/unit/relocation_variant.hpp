// Kernels that do not exist: a real kernel's BTF with moved and renamed members, other types...
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host::test {

// Makes raw BTF of the kernel's byte order. The seed decides what changes. Each kind of change hits
// a few percent of the types: padding, order of members, new names and flavours, other integer
// types, pointers and enums in place of integers, anonymous structs around members, other array
// sizes, other enumerators, enums of 64 bits, unions for structs, a second type of the same name.
std::vector<std::uint8_t> make_variant(const type_graph& kernel, unsigned seed);

// The step from one kernel release to the next. `seed` selects the structs that change.
struct layout_step {
  unsigned seed = 0;
  unsigned per_mille = 0;  // of all structs
};

// Makes raw BTF in which only layouts change, by all of the steps together. Members of the selected
// structs get padding in front of them, or change places with neighbours of their size. Types that
// contain these structs move and grow with them. Variants with the same first steps share these
// changes, as the releases of a series do.
std::vector<std::uint8_t> make_layout_variant(const type_graph& kernel,
                                              std::span<const layout_step> steps);

}  // namespace ebpfkit::host::test
