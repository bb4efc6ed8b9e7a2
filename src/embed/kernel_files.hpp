// Finds the files with the BTF of kernels.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "embed/kernel_identity.hpp"

namespace ebpfkit::host {

struct kernel_file {
  std::filesystem::path path;
  kernel_identity identity;  // given by the user, otherwise taken from the path
};

struct kernel_files {
  // Sorted by path. A file is there once for each of its identities.
  std::vector<kernel_file> files;
  std::vector<std::filesystem::path> directories;  // all that were searched
};

// Finds the files that the words stand for. A word is one of
//  - a file, optionally followed by "=DISTRIBUTION:VERSION:ARCHITECTURE:RELEASE". Words with
//    several identities for one file say that it is the BTF of several kernels;
//  - a directory: the search goes through all directories below it, follows links, and takes the
//    files that has_btf_file_name() accepts;
//  - a name in the BTF cache.
// Throws `failure` for any other word and for a directory without BTF.
kernel_files find_kernel_files(const std::vector<std::string>& words,
                               const std::filesystem::path& cache);

}  // namespace ebpfkit::host
