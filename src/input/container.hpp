// Taking off what kernels and BTF are wrapped in: compression, archives, packages, boot images.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ebpfkit::host {

// What is left when nothing more can be taken off.
struct unwrapped_file {
  std::vector<std::uint8_t> bytes;
  std::vector<std::string> formats;  // what was taken off, outermost first: {"xz", "tar"}
  std::string innermost_name;        // file name of the innermost archive member, else the path's
  std::string kernel_release;        // as a boot image tells it; may be empty
};

// Unwraps the content of the file `path`, which is only for messages, layer by layer: xz, zstd,
// gzip, lz4; tar with one file; deb and rpm packages; bzImage and EFI zboot images. Layers are told
// by magic numbers. At most 8 are accepted. Throws `failure` that names the file and the damaged
// format.
unwrapped_file unwrap(std::vector<std::uint8_t> content, const std::filesystem::path& path);

}  // namespace ebpfkit::host
