// Writes the file that runtime/kernel_types/embedded_btf.hpp describes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "embed/kernel_identity.hpp"

namespace ebpfkit::host {

struct bundled_kernel {
  kernel_identity identity;
  std::vector<std::uint8_t> btf;
  std::uint32_t blob = 0;  // set by make_bundle_file()
};

// The kernel that the programs were built for.
struct bundled_build_kernel : bundled_kernel {
  std::string version;       // as `uname -v` tells it; empty: not known
  std::string task_offsets;  // of find_task_offsets()
};

// The file's bytes. Sorts the kernels as the index wants them; equal BTF is kept once. The same
// kernels in any order give the same bytes. `build` may be null. Throws `failure` when they are too
// large together. No two of `kernels` have the same identity.
std::string make_bundle_file(std::vector<bundled_kernel>& kernels,
                             bundled_build_kernel* build = nullptr);

}  // namespace ebpfkit::host
