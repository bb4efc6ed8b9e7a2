// Finds what a BPF build without CMake needs on this machine: clang, bpftool, headers.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

struct found_clang {
  std::filesystem::path path;
  int major = 0;  // from the preprocessor: the text of --version differs between vendors
};

// Returns the clang that `given` names, a path or a name on PATH. When `given` is empty, returns
// the first of clang, clang-30, clang-29 ... that compiles for BPF. Throws `failure` when there is
// none.
found_clang find_bpf_clang(std::string_view given);

// Returns the bpftool that `given` names. When `given` is empty, returns the first that runs, on
// PATH and where distributions put it. Throws `failure` when there is none: distributions install
// wrappers that exist and fail for the running kernel.
std::filesystem::path find_bpftool(std::string_view given);

// Returns the include directories of the C library for a CPU, by the CPU's names. Those that do not
// exist are left out. `is_native`: the CPU is that of this machine, so its headers are also in
// /usr/local/include and /usr/include.
std::vector<std::filesystem::path> system_include_directories(
    const std::vector<std::string_view>& cpu_names, bool is_native);

// Returns the directory above libbpf's bpf/*.h: `given`, or when that is empty the first that has
// them. Throws `failure` when there is none, and for a libbpf before 1.1.
std::filesystem::path find_libbpf_headers(const std::filesystem::path& given,
                                          const std::vector<std::filesystem::path>& directories);

}  // namespace ebpfkit::host
