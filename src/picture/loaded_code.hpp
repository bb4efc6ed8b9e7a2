// The functions of a program that the kernel has, as the verifier left them (xlated).
#pragma once

#include <vector>

#include "inspect/loaded_objects.hpp"
#include "picture/program_code.hpp"

namespace ebpfkit::host {

// Returns the program first, then the functions that it calls. Maps are named by their ids, helpers
// and kernel functions by /proc/kallsyms where the kernel shows addresses. CO-RE relocations are
// applied, so that none is named. Throws `failure` when the kernel does not give the instructions.
std::vector<code_function> read_loaded_functions(int fd, const loaded_program& program);

}  // namespace ebpfkit::host
