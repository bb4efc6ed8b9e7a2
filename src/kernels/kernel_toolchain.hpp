// What compiles a kernel.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

struct kernel_toolchain {
  std::vector<std::string> make_arguments;  // ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-
  std::string compiler;                     // first line of --version
  std::string host_compiler;                // compiles programs that the build runs: "gcc"
};

// Chooses the compiler for kernels of "amd64" or "arm64": GCC for that CPU, else clang with LLVM's
// linker and tools. Throws `failure` with the packages to install when there is neither.
kernel_toolchain find_kernel_toolchain(std::string_view architecture);

// Throws `failure` that names every other program and header that a build needs and this machine
// lacks, with their packages. `needs_pahole`: the kernel gets BTF.
void require_kernel_tools(const kernel_toolchain& toolchain, bool needs_pahole);

}  // namespace ebpfkit::host
