// Removes what wraps kernels and BTF: compression, archives, packages, boot images.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ebpfkit::host {

// What remains after all layers are removed.
struct unwrapped_file {
  std::vector<std::uint8_t> bytes;
  std::vector<std::string> formats;  // the layers that were removed, outermost first: {"xz", "tar"}
  std::string innermost_name;        // file name of the innermost archive member, else the path's
  std::string kernel_release;        // from a boot image; may be empty
  std::string distribution;          // from a package, see packaged_kernel; may be empty
};

// Unwraps the content of a file layer by layer: xz, zstd, gzip, lz4; tar with one file; deb and rpm
// packages; bzImage and EFI zboot images. Recognizes layers by magic numbers and accepts at most 8.
// Uses `path` only for messages. Throws `failure` that names the file and the damaged format.
unwrapped_file unwrap(std::vector<std::uint8_t> content, const std::filesystem::path& path);

}  // namespace ebpfkit::host
