// Kernels in the form that QEMU boots.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ebpfkit::host {

struct boot_image {
  std::vector<std::uint8_t> bytes;
  std::string architecture;  // "x86_64" or "arm64"
  std::string release;       // "6.1.0-42-cloud-amd64"; empty when the image does not tell it
  bool is_pvh = false;       // x86_64: an ELF file that QEMU starts without a boot loader
};

// Reads a kernel: a bzImage, an ELF vmlinux, an arm64 Image or EFI zboot image, each also
// compressed. Of a bzImage it takes the vmlinux out, when that has a PVH entry (CONFIG_PVH): an
// emulated machine needs long to unpack itself. Throws `failure` when the file is no kernel that
// can be booted here.
boot_image read_boot_image(const std::filesystem::path& path);

}  // namespace ebpfkit::host
