// sysroot.json: what a sysroot is made of and which files it has.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sysroot/source_tree.hpp"

namespace ebpfkit::host {

// A file of a sysroot, or a symbolic link.
struct manifest_file {
  std::string path;  // relative to the sysroot
  std::uint64_t size = 0;
  std::string sha256;
  std::string link;  // where a link leads; then there is no size and no sha256
};

struct sysroot_manifest {
  std::string target;
  std::string digest;  // of all that the sysroot depends on
  int recipe = 0;
  std::string compiler;       // its first line of --version
  bool has_c_library = true;  // false: the compiler brings its own
  std::vector<sysroot_input> inputs;
  std::vector<manifest_file> files;  // sorted by path; without the manifest itself
};

inline constexpr std::string_view manifest_name = "sysroot.json";

// Lists the files below `root`, sorted, with their hashes. Throws `failure`.
std::vector<manifest_file> list_files(const std::filesystem::path& root);

// Returns the manifest as JSON. The same sysroot always gives the same bytes.
std::string manifest_text(const sysroot_manifest& manifest);

// Reads `root`/sysroot.json. Throws `failure` when it is missing or is no manifest of this version.
sysroot_manifest read_manifest(const std::filesystem::path& root);

// Compares all files below `root` with the manifest. Returns one line for each that is changed,
// missing or extra: "usr/lib/libc.a is changed".
std::vector<std::string> find_differences(const std::filesystem::path& root,
                                          const sysroot_manifest& manifest);

}  // namespace ebpfkit::host
