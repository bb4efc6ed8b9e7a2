// The files that BTF of kernels is taken from.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "embed/kernel_identity.hpp"

namespace ebpfkit::host {

struct kernel_file {
  std::filesystem::path path;
  kernel_identity identity;  // what was said about it, else what its path tells
};

struct kernel_files {
  std::vector<kernel_file> files;                  // each once, sorted by path
  std::vector<std::filesystem::path> directories;  // those that were searched
};

// Finds what the words stand for. A word is a file; a directory, which is searched with all below
// it, links followed, for the names that `has_btf_file_name` knows; or a name in the BTF cache. A
// file's word may go on with "=DISTRIBUTION:VERSION:ARCHITECTURE:RELEASE". Throws `failure` for a
// word that is none of these and for a directory without BTF.
kernel_files find_kernel_files(const std::vector<std::string>& words,
                               const std::filesystem::path& cache);

}  // namespace ebpfkit::host
