// Objects and kernels that commands about CO-RE relocations get on the command line.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "relocation/program_object.hpp"
#include "relocation/resolve.hpp"
#include "relocation/wanted_types.hpp"

namespace ebpfkit::host::tool {

// Reads BPF objects. Of an application, reads the objects that it carries (`ebpfkit explain`); they
// are called FILE:NAME. Throws `failure`, also for the BTF of a kernel.
std::vector<program_object> read_program_objects(std::span<const std::filesystem::path> files);

// Reads the types of a kernel that the relocations can look at, from a file or from the BTF cache.
// What else is in its BTF does not matter, so a type that no object wants may have a name that C
// does not allow (Rust), or may be damaged. Throws `failure`, also for a BPF object.
core_target read_core_target(const std::filesystem::path& file_or_name, const wanted_types& wanted);

}  // namespace ebpfkit::host::tool
