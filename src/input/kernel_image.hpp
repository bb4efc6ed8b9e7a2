// Bootable kernel images: finds the kernel or its BTF in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ebpfkit::host {

// The kernel inside a bootable image.
struct kernel_payload {
  std::string_view format;     // "bzImage" or "EFI zboot image"
  std::uint64_t offset;        // in the image; may be beyond its end
  std::uint64_t size;          // of the payload: usually compressed, with a tail
  std::string kernel_release;  // from the image; may be empty
};

// The headers of an image, and the release in it, are in so many bytes.
inline constexpr std::size_t image_head_size = std::size_t{128} << 10;

// Returns the payload of an x86 bzImage (boot protocol 2.08, Linux 2.6.26, and later) or of an EFI
// zboot image (arm64, riscv, loongarch). Returns nothing for other files. `head` is the beginning
// of the image.
std::optional<kernel_payload> find_kernel_payload(std::span<const std::uint8_t> head);

// Returns "arm64 Image" or "riscv Image" for an uncompressed bootable image, else an empty text.
std::string_view plain_image_format(std::span<const std::uint8_t> bytes);

// Searches a file without section headers for BTF. Returns the largest BTF whose header agrees with
// its content, or nothing.
std::optional<std::span<const std::uint8_t>> search_btf(std::span<const std::uint8_t> bytes);

// Returns the release in a kernel's first "Linux version 6.1.0 (...", or an empty text.
std::string search_kernel_release(std::span<const std::uint8_t> bytes);

}  // namespace ebpfkit::host
