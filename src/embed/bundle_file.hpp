// Writes the file that runtime/embedded_btf.hpp describes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "embed/kernel_identity.hpp"

namespace ebpfkit {

struct bundled_kernel {
  kernel_identity identity;
  std::vector<std::uint8_t> btf;
  std::uint32_t blob = 0;  // set by make_bundle_file()
};

// The file's bytes. Sorts the kernels as the index wants them; equal BTF is kept once. The same
// kernels in any order give the same bytes. Throws `failure` when they are too large together.
// No two kernels have the same identity.
std::string make_bundle_file(std::vector<bundled_kernel>& kernels);

}  // namespace ebpfkit
