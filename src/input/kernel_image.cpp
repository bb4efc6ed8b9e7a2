#include "input/kernel_image.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "btf/btf_format.hpp"
#include "input/kernel_release.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

std::uint16_t load_u16(std::span<const std::uint8_t> bytes, std::size_t offset) {
  return static_cast<std::uint16_t>(bytes[offset] | bytes[offset + 1] << 8);
}

std::uint32_t load_u32(std::span<const std::uint8_t> bytes, std::size_t offset) {
  return std::uint32_t{load_u16(bytes, offset)} | std::uint32_t{load_u16(bytes, offset + 2)} << 16;
}

std::string_view text_at(std::span<const std::uint8_t> bytes, std::size_t offset) {
  return as_text(bytes.subspan(std::min(offset, bytes.size())));
}

// Reads the setup header of Documentation/arch/x86/boot.rst.
std::optional<kernel_payload> find_bzimage_payload(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t setup_end = 0x250;
  constexpr std::size_t sector = 512;
  constexpr std::uint16_t first_with_payload = 0x0208;
  if (bytes.size() < setup_end || !text_at(bytes, 0x202).starts_with("HdrS") ||
      load_u16(bytes, 0x206) < first_with_payload)
    return std::nullopt;
  const std::uint64_t setup_sectors = bytes[0x1f1] == 0 ? 4 : bytes[0x1f1];
  const auto start = (setup_sectors + 1) * sector + load_u32(bytes, 0x248);
  const auto version_at = load_u16(bytes, 0x20e);
  return kernel_payload{
      "bzImage", start, load_u32(bytes, 0x24c),
      version_at == 0 ? std::string() : leading_release(text_at(bytes, version_at + 0x200U))};
}

// Reads the header of drivers/firmware/efi/libstub/zboot-header.S.
std::optional<kernel_payload> find_zboot_payload(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t header_size = 0x40;
  if (bytes.size() < header_size || !text_at(bytes, 0).starts_with("MZ") ||
      !text_at(bytes, 4).starts_with("zimg"))
    return std::nullopt;
  return kernel_payload{"EFI zboot image", load_u32(bytes, 8), load_u32(bytes, 12), {}};
}

// Returns the size of the BTF at the beginning of `bytes`, or 0 when the header does not agree with
// what follows. No kernel's BTF has a gap between the types and the strings.
std::size_t btf_size_at(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < btf_header_size + 1)
    return 0;
  const std::uint64_t types_size = load_u32(bytes, 12);
  const std::uint64_t text_size = load_u32(bytes, 20);
  const auto size = btf_header_size + types_size + text_size;
  if (load_u32(bytes, 8) != 0 || load_u32(bytes, 16) != types_size || types_size == 0 ||
      text_size == 0 || size > bytes.size())
    return 0;
  const bool text_is_sound = bytes[btf_header_size + types_size] == 0 && bytes[size - 1] == 0;
  return text_is_sound ? size : 0;
}

const std::uint8_t* find_bytes(std::span<const std::uint8_t> bytes, const void* wanted,
                               std::size_t size) {
  return static_cast<const std::uint8_t*>(::memmem(bytes.data(), bytes.size(), wanted, size));
}

}  // namespace

std::optional<kernel_payload> find_kernel_payload(std::span<const std::uint8_t> head) {
  if (auto payload = find_bzimage_payload(head))
    return payload;
  return find_zboot_payload(head);
}

std::string_view plain_image_format(std::span<const std::uint8_t> bytes) {
  // Documentation/arch/arm64/booting.rst and riscv/boot-image-header.rst.
  constexpr std::size_t magic_offset = 0x38;
  const auto magic = text_at(bytes, magic_offset).substr(0, 4);
  if (magic == "ARM\x64")
    return "arm64 Image";
  if (magic == "RSC\x05")
    return "riscv Image";
  return {};
}

std::optional<std::span<const std::uint8_t>> search_btf(std::span<const std::uint8_t> bytes) {
  // Magic, version, flags and header size. These kernels are little-endian.
  static constexpr std::array<std::uint8_t, 8> start = {
      btf_magic & 0xff, btf_magic >> 8, btf_version, 0, btf_header_size, 0, 0, 0};
  std::span<const std::uint8_t> largest;
  auto rest = bytes;
  while (const auto* found = find_bytes(rest, start.data(), start.size())) {
    rest = rest.subspan(static_cast<std::size_t>(found - rest.data()));
    const auto size = btf_size_at(rest);
    if (size > largest.size())
      largest = rest.first(size);
    rest = rest.subspan(std::max(size, start.size()));
  }
  if (largest.empty())
    return std::nullopt;
  return largest;
}

std::string search_kernel_release(std::span<const std::uint8_t> bytes) {
  static constexpr std::string_view banner = "Linux version ";
  auto rest = bytes;
  while (const auto* found = find_bytes(rest, banner.data(), banner.size())) {
    rest = rest.subspan(static_cast<std::size_t>(found - rest.data()) + banner.size());
    const auto release = leading_release(as_text(rest));
    if (!release.empty())
      return release;
  }
  return {};
}

}  // namespace ebpfkit::host
