// Depfiles of compilers, in make's syntax.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ebpfkit::host {

// The depfile with every relative path made absolute by `directory`, the one that the compiler ran
// in, and with `target` (as make writes it, escaped here) as the only target. Compiler caches make
// paths relative (ccache's base_dir), and CMake takes relative ones to start at the build
// directory.
std::string absolute_depfile(std::string_view depfile, std::string_view target,
                             const std::filesystem::path& directory);

}  // namespace ebpfkit::host
