// Tells whether two BPF objects are the same program.
#pragma once

#include <filesystem>
#include <string>

namespace ebpfkit::host::test {

// Compares the instructions of each section, and the place, kind, type and member of each CO-RE
// relocation. Returns an empty text when all are the same, otherwise the first difference. Throws
// `failure` for a file that is not a BPF object.
std::string difference_of(const std::filesystem::path& first, const std::filesystem::path& second);

}  // namespace ebpfkit::host::test
