// Rewrites depfiles of compilers, in make's syntax.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ebpfkit::host {

// Returns the depfile with absolute paths and with `target` as its only target. Relative paths
// start at `directory`, where the compiler ran. `target` is a plain path; this function escapes it.
// Compiler caches make paths relative (ccache's base_dir), but CMake resolves relative paths from
// the build directory.
std::string absolute_depfile(std::string_view depfile, std::string_view target,
                             const std::filesystem::path& directory);

}  // namespace ebpfkit::host
