// Kernels that do not exist: a kernel's BTF with members moved, renamed, of other types...
#pragma once

#include <cstdint>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::test {

// Raw BTF of the kernel's byte order. The seed decides what changes; each change hits a few percent
// of the types: padding, order of members, new names and flavours, other integer types, pointers
// and enums in place of integers, anonymous structs around members, other array sizes, other
// enumerators, enums of 64 bits, unions for structs, a second type of the same name.
std::vector<std::uint8_t> make_variant(const type_graph& kernel, unsigned seed);

}  // namespace ebpfkit::test
