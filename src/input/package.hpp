// Finds the kernel inside a distribution's package.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "input/byte_stream.hpp"
#include "input/decompress.hpp"

namespace ebpfkit::host {

// Returns "deb" or "rpm", by the magic number, and an empty text for other files.
std::string_view package_format(std::span<const std::uint8_t> bytes);

struct packaged_kernel {
  std::unique_ptr<byte_stream> content;
  std::string member_name;  // the kernel's path in the package
  // Where the package says that it comes from, DISTRIBUTION/VERSION. A deb package tells its own
  // version ("debian/6.1.158-1"), an rpm package often tells that of the distribution
  // ("fedora/40"). Empty when the package's description is damaged.
  std::string distribution;
};

// Finds the first kernel in a package: boot/vmlinuz-*, [usr/]lib/modules/*/vmlinuz,
// usr/lib/debug/.../vmlinux*. The package's files are a tar (deb) or cpio (rpm) archive, plain or
// in a compression of decompress.hpp. Unpacks nothing on disk, and keeps nothing of the package in
// memory. `package` must live as long as the result. Throws `failure` when the package is damaged
// or has no kernel. The remedy names the package with the kernel when a deb package depends on it.
packaged_kernel open_packaged_kernel(lookahead_stream& package, const std::string& name,
                                     const std::shared_ptr<decoder_memory>& memory);

}  // namespace ebpfkit::host
