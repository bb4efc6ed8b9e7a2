// The kernel's numbers for loaded BPF programs: what `bpftool prog list` begins its lines with.
#pragma once

#include <cstdint>

namespace kernel_watch {

// Number of the program behind a descriptor. Throws std::system_error.
std::uint32_t program_id(int program_descriptor);

// Whether the kernel still has a program with this number. Throws std::system_error when it does
// not tell (which needs CAP_SYS_ADMIN).
bool program_is_loaded(std::uint32_t id);

}  // namespace kernel_watch
