// Whether two BPF objects are the same program.
#pragma once

#include <filesystem>
#include <string>

namespace ebpfkit::host::test {

// Compares the instructions, section by section, and the CO-RE relocations by place, kind, type and
// member. Empty when they are the same, else the first difference. Throws `failure` for a file that
// is no BPF object.
std::string difference_of(const std::filesystem::path& first, const std::filesystem::path& second);

}  // namespace ebpfkit::host::test
