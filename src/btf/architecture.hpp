// Names of CPU architectures.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// These functions use the kernel's names of architectures (arch/NAME, __TARGET_ARCH_NAME of
// <bpf/bpf_tracing.h>), as in modules/detail/architectures.inc. They return an empty name for an
// unknown architecture.

// Finds the architecture by any name that people give it: x86_64, amd64, i686, aarch64, riscv64...
std::string architecture_of_name(std::string_view name);

// Returns the name in file names and in the index of embedded BTF for any name that people use:
// x86_64 for amd64.
std::string architecture_name_of(std::string_view name);

// What BPF programs need to know of the CPU that they run on: a row of architectures.inc.
struct target_cpu {
  std::string architecture;  // the kernel's name: x86
  std::string name;          // x86_64
  std::endian byte_order = std::endian::little;
  std::string mcpu;  // the BPF instruction set that programs get by default: v3
};

// Finds the CPU by any name that people give it. Returns nothing for an unknown name.
std::optional<target_cpu> target_cpu_of_name(std::string_view name);

// Finds the architecture by e_machine of an ELF file (EM_* of <elf.h>). EM_BPF is no CPU and gives
// none.
std::string architecture_of_machine(std::uint16_t machine);

// Finds the architecture by the registers in the BTF's `struct pt_regs`. Empty without a complete
// pt_regs, as in the BTF of most BPF objects.
std::string architecture_of_types(const type_graph& graph);

// Returns the architecture's name in file names, as in BTFHub: x86_64 rather than x86. The size of
// pointers distinguishes x86_64 from i386 and the like, the byte order ppc64le from ppc64.
std::string architecture_in_paths(std::string_view architecture, std::uint32_t pointer_size,
                                  std::endian order);

// Returns all names of the architecture that `name` stands for, `name` first. Returns only `name`
// when it is no architecture.
std::vector<std::string> architecture_aliases(std::string_view name);

// Returns the names of all architectures, for messages: "x86, arm64, arm".
std::string known_architectures();

}  // namespace ebpfkit::host
