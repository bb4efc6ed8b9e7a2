// BPF programs full of relocations about random parts of a kernel's types.
#pragma once

#include <string>

#include "btf/type_graph.hpp"

namespace ebpfkit::host::test {

// Makes the C source of one object for `clang --target=bpf`. It has a few programs with all kinds
// of relocations that clang 14 has: about fields (nested, in anonymous members, of arrays,
// bitfields), types and enumerators. Some go through local flavours of kernel types. The source
// needs a "vmlinux.h" of `kernel`.
std::string make_program(const type_graph& kernel, unsigned seed);

}  // namespace ebpfkit::host::test
