// The kernel inside a distribution's package.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ebpfkit {

// True for an `ar` archive, which is what a .deb is.
bool is_debian_package(std::span<const std::uint8_t> bytes);

// The first kernel in a Debian package, whose data are tar, as they are or compressed:
// boot/vmlinuz-*, usr/lib/modules/*/vmlinuz, usr/lib/debug/.../vmlinux*. Nothing is unpacked on
// disk, and what comes before the kernel is not kept in memory. Sets `member_name` to its path in
// the package. Throws `failure` when the package is damaged or has no kernel.
std::vector<std::uint8_t> read_packaged_kernel(std::span<const std::uint8_t> package,
                                               const std::string& name, std::string& member_name);

}  // namespace ebpfkit
