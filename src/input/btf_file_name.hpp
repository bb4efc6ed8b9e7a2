// File names of BTF in archives and caches: "5.4.0-26-generic.btf.tar.xz".
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace ebpfkit::host {

// How names of files with BTF end, in the order in which a cache is searched. EbpfKit itself writes
// the first; BTFHub's archive has the tar archives.
constexpr std::array<std::string_view, 8> btf_suffixes = {
    ".btf",     ".btf.xz",     ".btf.zst",     ".btf.gz",
    ".btf.tar", ".btf.tar.xz", ".btf.tar.zst", ".btf.tar.gz"};

// `file_name` without such a suffix. Nothing when it has none, or nothing else.
std::optional<std::string_view> btf_stem(std::string_view file_name);

}  // namespace ebpfkit::host
