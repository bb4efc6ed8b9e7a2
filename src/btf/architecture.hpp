// Names of CPU architectures.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// Architectures have the kernel's names (arch/NAME, __TARGET_ARCH_NAME of <bpf/bpf_tracing.h>), as
// in modules/detail/architectures.inc. Names of unknown architectures are empty.

// The architecture that people also call x86_64, amd64, i686, aarch64, riscv64...
std::string architecture_of_name(std::string_view name);

// The name in file names and in the index of embedded BTF for what people call `name`: x86_64 for
// amd64.
std::string architecture_name_of(std::string_view name);

// By e_machine of an ELF file (EM_* of <elf.h>). EM_BPF, which is no CPU, gives none.
std::string architecture_of_machine(std::uint16_t machine);

// By the registers that the BTF's `struct pt_regs` has. Empty without a complete pt_regs, as in the
// BTF of most BPF objects.
std::string architecture_of_types(const type_graph& graph);

// The name that stands for the architecture in file names, as in BTFHub: x86_64 rather than x86.
// The size of pointers tells x86_64 from i386 and the like, the byte order ppc64le from ppc64.
std::string architecture_in_paths(std::string_view architecture, std::uint32_t pointer_size,
                                  std::endian order);

// All names for what `name` stands for, itself first; only `name` when it is no architecture.
std::vector<std::string> architecture_aliases(std::string_view name);

// The names of all architectures, for messages: "x86, arm64, arm".
std::string known_architectures();

}  // namespace ebpfkit::host
