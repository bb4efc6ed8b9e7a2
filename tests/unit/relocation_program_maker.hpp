// BPF programs full of relocations about random parts of a kernel's types.
#pragma once

#include <string>

#include "btf/type_graph.hpp"

namespace ebpfkit::host::test {

// C source of one object for `clang --target=bpf`: a few programs with all kinds of relocations
// that clang 14 has, about fields (nested, in anonymous members, of arrays, bitfields), types,
// enumerators, some of them through local flavours of kernel types. Needs a "vmlinux.h" of
// `kernel`.
std::string make_program(const type_graph& kernel, unsigned seed);

}  // namespace ebpfkit::host::test
