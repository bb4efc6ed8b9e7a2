// How each part of a sysroot is made. The parts are independent of each other, but the headers of
// the C library and of the kernel must be there first.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sysroot/compile_pool.hpp"
#include "sysroot/cross_compiler.hpp"
#include "sysroot/targets.hpp"

namespace ebpfkit::host {

// Where a sysroot is made.
struct recipe_place {
  const target_row& target;
  const cross_compiler& compiler;
  std::filesystem::path sysroot;  // becomes the sysroot
  std::filesystem::path work;     // objects; removed in the end
  unsigned jobs = 1;

  std::filesystem::path include() const { return sysroot / "usr/include"; }
  std::filesystem::path library() const { return sysroot / "usr/lib"; }
  std::filesystem::path resource() const { return sysroot / "resource"; }
  std::filesystem::path licences() const { return sysroot / "licences"; }

  // Returns the compiler with the flags that all parts share. `source` is the directory of the
  // part's sources: its path is kept out of the objects.
  std::vector<std::string> compile_command(const std::filesystem::path& source) const;
};

// Compiles one part's sources: `part` names the directory of the objects, which get their names
// from the sources' paths relative to `root`.
std::vector<compile_job> jobs_for(const recipe_place& place, const std::string& part,
                                  const std::filesystem::path& root,
                                  const std::vector<std::filesystem::path>& sources,
                                  const std::vector<std::string>& command);

// Returns `command` with more options behind it.
std::vector<std::string> with_options(std::vector<std::string> command,
                                      const std::vector<std::string>& more);

// Returns the text of a source. Throws `failure` when it cannot be read.
std::string text_of_source(const std::filesystem::path& path);

// Copies the headers of the kernel's user-space interface from a directory that has linux/bpf.h, or
// from an unpacked package. Throws `failure` when it has none for the target's CPU.
void install_kernel_headers(const recipe_place& place, const std::filesystem::path& unpacked);

// Copies the C library from Debian's unpacked package musl-dev.
void install_musl_package(const recipe_place& place, const std::filesystem::path& unpacked);

// Installs musl's headers, and returns the sources that finish_musl() makes libraries of. `root`:
// its sources.
std::vector<compile_job> prepare_musl(const recipe_place& place, const std::filesystem::path& root);
void finish_musl(const recipe_place& place, const std::vector<compile_job>& work);

// Makes the private resource directory: clang's own headers as a link.
void link_own_headers(const recipe_place& place);

// Copies the compiler's runtime from Debian's unpacked package libclang-rt-<N>-dev.
void install_compiler_rt_package(const recipe_place& place, const std::filesystem::path& unpacked);

// Returns the sources of the compiler's runtime, for finish_compiler_rt(). `root` has lib/builtins.
std::vector<compile_job> prepare_compiler_rt(const recipe_place& place,
                                             const std::filesystem::path& root);
void finish_compiler_rt(const recipe_place& place, const std::vector<compile_job>& work);

// Installs the C++ library's headers and returns the sources of libc++, libc++abi and libunwind,
// for finish_cxx(). `root` has libcxx, libcxxabi and libunwind.
std::vector<compile_job> prepare_cxx(const recipe_place& place, const std::filesystem::path& root);
void finish_cxx(const recipe_place& place, const std::vector<compile_job>& work);

// Throws `failure` when libc++ in `root` is not of clang's major version.
void check_llvm_version(const cross_compiler& clang, const std::filesystem::path& root);

// Likewise for what loaders need: zlib, libelf, libbpf. With clang there are two sets of them: the
// one of usr/lib/optimized-size is for EBPFKIT_OPTIMIZE_SIZE.
struct loader_sources {
  std::filesystem::path zlib;
  std::filesystem::path elfutils;
  std::filesystem::path libbpf;
};
std::vector<compile_job> prepare_loader_libraries(const recipe_place& place,
                                                  const loader_sources& sources);
void finish_loader_libraries(const recipe_place& place, const std::vector<compile_job>& work);

}  // namespace ebpfkit::host
