// The kernel's numbers for loaded BPF programs. The lines of `bpftool prog list` begin with them.
#pragma once

#include <cstdint>

namespace kernel_watch {

// Number of the program behind a descriptor. Throws std::system_error.
std::uint32_t program_id(int program_descriptor);

// Whether the kernel still has a program with this number. The question needs CAP_SYS_ADMIN. Throws
// std::system_error when the kernel does not answer.
bool program_is_loaded(std::uint32_t id);

}  // namespace kernel_watch
