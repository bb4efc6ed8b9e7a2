// The kernel inside a distribution's package.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// "deb" or "rpm", by the magic number; empty for other files.
std::string_view package_format(std::span<const std::uint8_t> bytes);

// The first kernel in a package: boot/vmlinuz-*, [usr/]lib/modules/*/vmlinuz,
// usr/lib/debug/.../vmlinux*. The package's files are a tar (deb) or cpio (rpm) archive, as it is
// or compressed with what decompress.hpp knows. Nothing is unpacked on disk, and what comes before
// the kernel is not kept in memory. Sets `member_name` to its path in the package. Throws `failure`
// when the package is damaged or has no kernel.
std::vector<std::uint8_t> read_packaged_kernel(std::vector<std::uint8_t> package,
                                               const std::string& name, std::string& member_name);

}  // namespace ebpfkit::host
