#include "kernels/kernel_toolchain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "packages/apt_packages.hpp"
#include "packages/package_names.hpp"
#include "support/failure.hpp"
#include "support/process.hpp"
#include "support/program_path.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

// What LLVM=1 makes the kernel's Makefile call (Documentation/kbuild/llvm.rst).
constexpr std::array llvm_programs{"clang",      "ld.lld",       "llvm-ar",      "llvm-nm",
                                   "llvm-strip", "llvm-objcopy", "llvm-objdump", "llvm-readelf"};

struct build_need {
  std::string_view program;
  std::string_view package;  // key of packages.txt
};
constexpr std::array build_needs{build_need{"make", "make"},   build_need{"flex", "flex"},
                                 build_need{"bison", "bison"}, build_need{"bc", "bc"},
                                 build_need{"perl", "perl"},   build_need{"gzip", "gzip"}};

bool has_program(std::string_view name) {
  return !find_program(name).empty();
}

std::string hint(const std::vector<std::string_view>& keys) {
  return install_hint(package_table(), keys, distributions_of_machine());
}

// Returns the first line of `PROGRAM --version`.
std::string version_of(const std::string& program) {
  const auto result = run_process({program, "--version"});
  if (result.exit_status != 0)
    throw failure(fmt::format("'{} --version' fails: {}", program, printable(result.errors)),
                  "Mend or remove this compiler.");
  return printable(split_text(result.output, '\n').front());
}

bool is_own_architecture(std::string_view architecture) {
  utsname names{};
  const std::string_view machine = ::uname(&names) == 0 ? names.machine : "";
  return machine == (architecture == "amd64" ? "x86_64" : "aarch64");
}

// True when the C compiler finds the header.
bool has_header(const std::string& compiler, std::string_view header) {
  return run_process({compiler, "-x", "c", "-E", "-include", std::string(header), "/dev/null"})
             .exit_status == 0;
}

}  // namespace

kernel_toolchain find_kernel_toolchain(std::string_view architecture) {
  const bool is_amd64 = architecture == "amd64";
  kernel_toolchain found;
  found.make_arguments.emplace_back(is_amd64 ? "ARCH=x86_64" : "ARCH=arm64");
  const bool is_own = is_own_architecture(architecture);
  const std::string prefix = is_own ? "" : is_amd64 ? "x86_64-linux-gnu-" : "aarch64-linux-gnu-";
  if (has_program(prefix + "gcc") && has_program(prefix + "ld") && has_program("gcc")) {
    if (!prefix.empty())
      found.make_arguments.push_back("CROSS_COMPILE=" + prefix);
    found.compiler = version_of(prefix + "gcc");
    found.host_compiler = "gcc";
    return found;
  }
  if (std::ranges::all_of(llvm_programs, has_program)) {
    found.make_arguments.emplace_back("LLVM=1");
    found.compiler = version_of("clang");
    found.host_compiler = "clang";
    return found;
  }
  // The compiler for another CPU has a row in the table where packages of it are.
  std::vector<std::string_view> gcc{"c++-compiler"};
  if (!is_own)
    gcc.push_back(is_amd64 ? "gcc-x86-64" : "gcc-aarch64");
  throw failure(fmt::format("nothing here compiles kernels for {}: there is no {}gcc, and not all "
                            "of LLVM ({})",
                            architecture, prefix, fmt::join(llvm_programs, ", ")),
                fmt::format("GCC: {}\n  LLVM: {}", hint(gcc), hint({"clang", "lld", "llvm"})));
}

void require_kernel_tools(const kernel_toolchain& toolchain, bool needs_pahole) {
  std::vector<std::string_view> missing;
  std::vector<std::string_view> packages;
  const auto require = [&](bool is_there, std::string_view what, std::string_view package) {
    if (is_there)
      return;
    missing.push_back(what);
    packages.push_back(package);
  };
  for (const auto& need : build_needs)
    require(has_program(need.program), need.program, need.package);
  if (needs_pahole)
    require(has_program("pahole"), "pahole", "pahole");
  // objtool and resolve_btfids, which the build makes and runs, read ELF files.
  require(has_header(toolchain.host_compiler, "gelf.h"), "gelf.h", "libelf");
  require(has_header(toolchain.host_compiler, "zlib.h"), "zlib.h", "zlib");
  if (!missing.empty())
    throw failure(fmt::format("building a kernel needs {}, and this machine does not have {}",
                              fmt::join(missing, ", "), missing.size() == 1 ? "it" : "them"),
                  fmt::format("Install: {}", hint(packages)));
}

}  // namespace ebpfkit::host
