// Makes a sysroot, or finds the one that was made.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

struct sysroot_request {
  std::string target;                                    // "aarch64" or "openwrt-aarch64"
  std::filesystem::path cache;                           // empty: default_cache()
  std::map<std::string, std::filesystem::path> sources;  // what --source gives
  std::string clang;                                     // empty: clang
  std::string compiler;  // a GCC for the target, with a C library of its own; empty: clang
  std::vector<std::string> compiler_options;  // which it always needs, such as --sysroot=DIR
  unsigned jobs = 0;                          // compilers at once; 0: one for each processor
  bool update = false;                        // read the lists of packages again
};

// Is called with one line for each step.
using sysroot_progress = std::function<void(std::string_view)>;

// Returns the directory of the complete sysroot. Makes it unless it is in the cache. Two processes
// that ask for the same sysroot make it once. A process that is killed leaves nothing that the next
// one takes for whole.
//
// Throws `failure`, also when files of a sysroot in the cache have changed: somebody may have
// changed them on purpose, so they are not overwritten.
std::filesystem::path build_sysroot(const sysroot_request& request,
                                    const sysroot_progress& progress);

}  // namespace ebpfkit::host
