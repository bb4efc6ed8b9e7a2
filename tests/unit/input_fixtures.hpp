// ELF files, archives and compressed data for the tests of src/input.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "temporary_directory.hpp"

namespace ebpfkit::host::input_test {

using bytes = std::vector<std::uint8_t>;

bytes to_bytes(std::string_view text);
std::string to_text(std::span<const std::uint8_t> data);

bytes compress_xz(const bytes& data);
bytes compress_zstd(const bytes& data);
bytes compress_gzip(const bytes& data);
bytes compress_lz4_frame(const bytes& data);
bytes compress_lz4_legacy(const bytes& data);

struct named_codec {
  const char* name;
  std::function<bytes(const bytes&)> compress;
};
const std::vector<named_codec>& codecs();

// One member of a tar archive with its padding.
bytes tar_entry(const std::string& name, const bytes& content, char type = '0');
// The entries and the two empty blocks at the end.
bytes tar_archive(const std::vector<bytes>& entries);
// A .deb whose data.tar is `data`. Its control.tar is not an archive unless `control` is one.
bytes debian_package(const bytes& data, const std::string& data_name = "data.tar.xz",
                     const bytes& control = to_bytes("odd"));

// One member of a cpio archive ("newc"). `mode` is st_mode, `links` st_nlink.
bytes cpio_entry(const std::string& name, const bytes& content, unsigned mode = 0100644,
                 unsigned links = 1);
// The entries and the one that ends the archive.
bytes cpio_archive(const std::vector<bytes>& entries);
// An .rpm with this payload. `name` is NAME-VERSION-RELEASE.
bytes rpm_package(const bytes& payload, const std::string& name = {});

// A 64-bit little-endian ELF file with these sections.
bytes elf_file(std::uint16_t machine, const std::vector<std::pair<std::string, bytes>>& sections);

// An x86 boot image around `payload`.
bytes bzimage(const bytes& payload, const std::string& release);

bytes concatenate(const std::vector<bytes>& parts);

class temporary_directory : public ebpfkit::test::temporary_directory {
 public:
  // Writes a file below the directory and returns its path.
  std::filesystem::path write(const std::string& name, const bytes& content) const;
};

bool contains(const std::string& text, std::string_view part);

// Runs `operation`. Returns the message of the failure that it throws, " / " and the remedy.
// Returns an empty text when it throws nothing.
std::string failure_text(const std::function<void()>& operation);

// Calls `read` with every prefix of `data`, with every byte inverted or zeroed, and with each
// single bit flipped. `read` may throw `failure`, nothing else.
void survive_damage(const bytes& data, const std::function<void(const bytes&)>& read);

}  // namespace ebpfkit::host::input_test
