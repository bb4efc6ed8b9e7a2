// Finds the kernel inside a distribution's package.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Returns "deb" or "rpm", by the magic number, and an empty text for other files.
std::string_view package_format(std::span<const std::uint8_t> bytes);

// Returns the first kernel in a package: boot/vmlinuz-*, [usr/]lib/modules/*/vmlinuz,
// usr/lib/debug/.../vmlinux*. The package's files are a tar (deb) or cpio (rpm) archive, plain or
// in a compression of decompress.hpp. Unpacks nothing on disk, and does not keep in memory what
// comes before the kernel. Sets `member_name` to the kernel's path in the package. Throws `failure`
// when the package is damaged or has no kernel. The remedy names the package with the kernel when a
// deb package depends on it.
std::vector<std::uint8_t> read_packaged_kernel(std::vector<std::uint8_t> package,
                                               const std::string& name, std::string& member_name);

}  // namespace ebpfkit::host
