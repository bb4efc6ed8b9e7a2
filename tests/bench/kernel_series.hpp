// Kernels to measure embedding with: made from one real kernel's BTF by moving members.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host::bench {

enum class mixture {
  series,    // as distributions make them: 20 releases in a row, each of which changes few structs
  distinct,  // no two have a history in common
};

// Writes the BTF of `count` kernels as <distribution>/<version>/<architecture>/<release>.btf below
// the directory, and returns the files. The kernels are made from the given ones in turns. The same
// input gives the same files.
std::vector<std::filesystem::path> make_kernels(
    const std::vector<std::shared_ptr<const type_graph>>& models, mixture kind, std::size_t count,
    const std::filesystem::path& directory);

}  // namespace ebpfkit::host::bench
