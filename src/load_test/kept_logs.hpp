// Keeps the verifier's logs of rejected programs in files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "load_test/load_results.hpp"

namespace ebpfkit::host {

// Writes the logs of a program that is not loaded, libbpf's messages first, to
// DIRECTORY/<kernel>.<object>.<program>.log, and returns the path. Removes the file of an earlier
// run when the program is loaded now, and returns an empty path. Makes the directory when it needs
// it.
//
// Logs have kernel addresses, so only their user may read them. The file belongs to the directory's
// owner: root writes logs into the build directory of another user. Follows no link in the file's
// place. Throws `failure` when a file cannot be written.
std::filesystem::path keep_log(const std::filesystem::path& directory, std::string_view kernel,
                               const program_result& program);

}  // namespace ebpfkit::host
