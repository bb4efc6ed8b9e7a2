// The compiler that a sysroot is made with and for: clang, or a GCC that has a C library of its
// own.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sysroot/targets.hpp"

namespace ebpfkit::host {

struct cross_compiler {
  bool is_clang = true;
  std::string program;               // absolute path
  std::vector<std::string> options;  // behind the program, in every step
  std::string archiver;              // llvm-ar or <prefix>-ar: absolute path
  std::string identity;              // first line of --version, and the CPU that a GCC compiles for
  unsigned major = 0;                // 14
  std::filesystem::path own_headers;  // clang only: the headers of its resource directory
};

// Finds clang and llvm-ar. `program` is a path or a name that PATH has; empty: clang. Throws
// `failure` when one of them is missing, or the program is no clang.
cross_compiler find_clang(const std::string& program);

// Checks a GCC and finds its ar. `options` are those that it always needs. Throws `failure` when it
// does not compile for the target. Sets STAGING_DIR in the environment for the compiler of an
// OpenWrt SDK.
cross_compiler find_gcc(const std::string& program, const std::vector<std::string>& options,
                        const target_row& target);

// Removes the variables from the environment that change what a compiler reads or writes. Call this
// before threads start.
void clean_compiler_environment();

}  // namespace ebpfkit::host
