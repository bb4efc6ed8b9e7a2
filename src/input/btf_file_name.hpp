// File names of BTF in archives and caches: "5.4.0-26-generic.btf.tar.xz".
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace ebpfkit::host {

// The suffixes of files with BTF, in the order in which find_cached_btf() tries them. EbpfKit
// itself writes the first. BTFHub's archive has the tar archives.
constexpr std::array<std::string_view, 8> btf_suffixes = {
    ".btf",     ".btf.xz",     ".btf.zst",     ".btf.gz",
    ".btf.tar", ".btf.tar.xz", ".btf.tar.zst", ".btf.tar.gz"};

// Returns `file_name` without such a suffix. Returns nothing when the name has no suffix or only
// that.
std::optional<std::string_view> btf_stem(std::string_view file_name);

}  // namespace ebpfkit::host
