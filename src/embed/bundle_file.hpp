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

// The kernel whose types the programs were built with.
struct bundled_build_kernel : bundled_kernel {
  std::string version;       // as `uname -v` prints it; empty: not known
  std::string task_offsets;  // from find_task_offsets()
};

// Makes the file's bytes. Sorts the kernels into the order of the index and stores equal BTF once.
// The same kernels give the same bytes in any order. No two of `kernels` may have the same
// identity. `build` may be null. Throws `failure` when all kernels together are too large.
std::string make_bundle_file(std::vector<bundled_kernel>& kernels,
                             bundled_build_kernel* build = nullptr);

}  // namespace ebpfkit::host
