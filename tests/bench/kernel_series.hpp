// Kernels for the benchmark of embedding, made from real BTF by moving members.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host::bench {

enum class mixture {
  series,    // like a distribution's: 20 releases in a row, each of which changes few structs
  distinct,  // no two kernels have a common history
};

// Writes the BTF of `count` kernels into the directory, as
// <distribution>/<version>/<architecture>/<release>.btf, and returns the files. Makes the kernels
// from the given ones in turns. The same input gives the same files.
std::vector<std::filesystem::path> make_kernels(
    const std::vector<std::shared_ptr<const type_graph>>& models, mixture kind, std::size_t count,
    const std::filesystem::path& directory);

}  // namespace ebpfkit::host::bench
