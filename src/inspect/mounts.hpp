// Where file systems of a type are mounted.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Returns the directories where a file system of this type ("bpf", "cgroup2") is mounted, in the
// order of the mounts, each once. Reads /proc/self/mountinfo.
std::vector<std::filesystem::path> mounted_directories(std::string_view type);

}  // namespace ebpfkit::host
