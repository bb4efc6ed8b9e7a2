// Tells which kernel a BTF belongs to.
#pragma once

#include <bit>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// An empty member is not known. Identities compare in the order of the embedded index.
struct kernel_identity {
  std::string
      architecture;  // as in the index (runtime/kernel_types/embedded_btf.hpp): "x86_64", "arm64"
  std::string release;       // as `uname -r` prints it: "5.4.0-26-generic"
  std::string distribution;  // as ID in /etc/os-release: "ubuntu"
  std::string version;       // as VERSION_ID in /etc/os-release: "20.04"

  auto operator<=>(const kernel_identity&) const = default;

  // "ubuntu/20.04/x86_64/5.4.0-26-generic", with `-` for an unknown member.
  std::string path_text() const;
};

// Reads "DISTRIBUTION:VERSION:ARCHITECTURE:RELEASE". All parts but the release may be empty. Throws
// a `failure` that names the text.
kernel_identity parse_kernel_identity(std::string_view text);

// Reads a path like those in BTFHub's archive: DISTRIBUTION/VERSION/ARCHITECTURE/RELEASE.btf, also
// followed by .tar, .xz, .gz or .zst. Returns an empty identity when the last directory does not
// have the name of an architecture.
kernel_identity kernel_identity_of_path(const std::filesystem::path& path);

// True for file names that a directory search takes: those of the paths above, and vmlinux*.
bool has_btf_file_name(const std::filesystem::path& path);

// The index's name for the architecture that the kernel calls `name` ("x86", "mips"); empty when
// `name` is unknown.
std::string architecture_in_index(std::string_view name, std::uint32_t pointer_size,
                                  std::endian order);

}  // namespace ebpfkit::host
