// Bootable kernel images: where in them the kernel or its BTF is.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ebpfkit::host {

// What a bootable image is wrapped around.
struct kernel_payload {
  std::string_view format;                // "bzImage" or "EFI zboot image"
  std::span<const std::uint8_t> content;  // compressed as a rule, with a tail to be ignored
  std::string kernel_release;             // as the image tells it; may be empty
};

// The payload of an x86 bzImage (boot protocol 2.08, Linux 2.6.26, and later) or of an EFI zboot
// image (arm64, riscv, loongarch), which the result refers to. Nothing for other files. Throws
// `failure` when the payload goes beyond the end of the file, which `name` tells.
std::optional<kernel_payload> find_kernel_payload(std::span<const std::uint8_t> bytes,
                                                  const std::string& name);

// "arm64 Image" or "riscv Image" for an uncompressed bootable image, else empty.
std::string_view plain_image_format(std::span<const std::uint8_t> bytes);

// The BTF in a file without section headers, found by its header: the largest one whose header
// agrees with its content. Nothing when there is none.
std::optional<std::span<const std::uint8_t>> search_btf(std::span<const std::uint8_t> bytes);

// The release in the first "Linux version 6.1.0 (..." of a kernel; empty when there is none.
std::string search_kernel_release(std::span<const std::uint8_t> bytes);

}  // namespace ebpfkit::host
