// Programs on PATH.
#pragma once

#include <filesystem>
#include <string_view>

namespace ebpfkit::host {

// Returns the path of the first program of that name in the directories of the environment variable
// PATH. Returns an empty path when there is none. Elements that are empty or relative are left out.
std::filesystem::path find_program(std::string_view name);

}  // namespace ebpfkit::host
