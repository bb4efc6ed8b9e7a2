#include "kernels/boot_image.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "input/byte_stream.hpp"
#include "input/container.hpp"
#include "input/elf_sections.hpp"
#include "input/kernel_image.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

// A vmlinux with debug information may have 1 GiB.
constexpr std::size_t largest_kernel = std::size_t{1} << 30;
constexpr std::uint32_t phys32_entry = 18;  // XEN_ELFNOTE_PHYS32_ENTRY of xen/interface/elfnote.h
constexpr std::size_t note_header_size = 12;

// Finds the note that tells QEMU where to start the kernel (PVH boot, docs/specs/pvh of QEMU).
bool has_pvh_note(std::span<const std::uint8_t> notes) {
  while (notes.size() >= note_header_size) {
    std::uint32_t sizes[3];  // of the name and of the description, and the type
    std::memcpy(sizes, notes.data(), note_header_size);
    const auto aligned = [](std::uint64_t size) { return (size + 3) & ~std::uint64_t{3}; };
    const auto total = note_header_size + aligned(sizes[0]) + aligned(sizes[1]);
    if (total > notes.size())
      return false;
    if (sizes[2] == phys32_entry && sizes[0] == sizeof "Xen" &&
        std::memcmp(notes.data() + note_header_size, "Xen", sizeof "Xen") == 0)
      return true;
    notes = notes.subspan(total);
  }
  return false;
}

bool has_pvh_entry(const elf_sections& kernel) {
  for (const auto& section : kernel.all()) {
    if (section.type != SHT_NOTE)
      continue;
    const auto notes = kernel.find(section.name);
    if (notes && has_pvh_note(*notes))
      return true;
  }
  return false;
}

[[noreturn]] void refuse(const fs::path& path, std::string_view why) {
  throw failure(
      fmt::format("'{}' cannot be booted: {}", path.string(), why),
      "Give the kernel of an x86_64 or arm64 system: vmlinuz, bzImage, vmlinux or Image.");
}

}  // namespace

boot_image read_boot_image(const fs::path& path) {
  auto file = unwrap(read_file(path), path);
  boot_image image;
  image.release = file.kernel_release;
  const bool is_bz_image = std::ranges::find(file.formats, "bzImage") != file.formats.end();
  image.bytes = read_all(file.streams.innermost(), largest_kernel + 1);
  if (image.bytes.size() > largest_kernel)
    throw failure(
        fmt::format("the kernel in '{}' has more than {} bytes", path.string(), largest_kernel),
        "Give the kernel alone, without its debug information.");
  file.streams.close();

  if (is_elf(image.bytes)) {
    const elf_sections kernel(image.bytes, path.string());
    if (kernel.machine() != EM_X86_64)
      refuse(path, "it is an ELF file for another CPU than x86_64; of arm64, give the Image");
    image.architecture = "x86_64";
    image.is_pvh = has_pvh_entry(kernel);
    if (!image.is_pvh && !is_bz_image)
      refuse(path, "it is an ELF file without a PVH entry (CONFIG_PVH); give the bzImage");
    if (!image.is_pvh)
      image.bytes = read_file(path);
  } else if (plain_image_format(image.bytes) == "arm64 Image") {
    image.architecture = "arm64";
  } else {
    refuse(path, "it is no kernel image that is known here");
  }
  if (image.release.empty())
    image.release = search_kernel_release(image.bytes);
  return image;
}

}  // namespace ebpfkit::host
