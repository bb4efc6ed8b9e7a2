// The sources that a kernel is built from.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace ebpfkit::host {

// Sources that are found, and not yet downloaded or unpacked.
struct kernel_source {
  std::string name;      // "linux-source-6.1_6.1.192-3_all.deb", or the name of a file or directory
  std::string identity;  // SHA-256 of the archive, or of all names and files of a directory
  std::filesystem::path tree;  // a directory of the user; empty: an archive, which must be unpacked
  std::function<std::filesystem::path()> fetch;  // downloads the archive where it is not here
};

// Finds the sources. `word` is a directory or an archive (tar or Debian package), or "debian/6.1":
// the newest linux-source of that series on the mirror of this machine, or empty: the newest
// linux-source that this machine's own apt has. Reads the lists of packages again when `update` is
// set. Throws `failure` when there are none, and when a directory is no tree of Linux or has been
// built in.
kernel_source find_kernel_source(const std::string& word, const std::filesystem::path& cache,
                                 bool update, const std::function<void(std::string_view)>& report);

// Returns the root of the sources: the user's directory, or the one that it unpacks into the
// directory `place`, which exists. Throws `failure`.
std::filesystem::path open_kernel_source(const kernel_source& source,
                                         const std::filesystem::path& place,
                                         const std::function<void(std::string_view)>& report);

}  // namespace ebpfkit::host
