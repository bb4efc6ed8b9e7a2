// Which kernel a BTF is of.
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// Empty: not known. Comparison is in the order of the index that is embedded.
struct kernel_identity {
  std::string
      architecture;  // as in the index (runtime/kernel_types/embedded_btf.hpp): "x86_64", "arm64"
  std::string release;       // as `uname -r` tells it: "5.4.0-26-generic"
  std::string distribution;  // as ID in /etc/os-release: "ubuntu"
  std::string version;       // as VERSION_ID there: "20.04"

  auto operator<=>(const kernel_identity&) const = default;

  // "ubuntu/20.04/x86_64/5.4.0-26-generic", with `-` for what is not known.
  std::string path_text() const;
};

// Reads "DISTRIBUTION:VERSION:ARCHITECTURE:RELEASE", of which all but the release may be empty.
// Throws `failure` that names the text.
kernel_identity parse_kernel_identity(std::string_view text);

// What the path tells: DISTRIBUTION/VERSION/ARCHITECTURE/RELEASE.btf, also with .tar, .xz, .gz,
// .zst behind it, as in BTFHub's archive. A path whose last directory is called after no
// architecture tells nothing.
kernel_identity kernel_identity_of_path(const std::filesystem::path& path);

// True for names of files that BTF is taken from when a directory is searched: those of the paths
// above, and vmlinux*.
bool has_btf_file_name(const std::filesystem::path& path);

// The index's name of the architecture that the kernel calls `name` ("x86", "mips"); empty when it
// is not known.
std::string architecture_in_index(std::string_view name, std::uint32_t pointer_size,
                                  std::endian order);

}  // namespace ebpfkit::host
