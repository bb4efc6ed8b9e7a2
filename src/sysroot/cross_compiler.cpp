#include "sysroot/cross_compiler.hpp"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <cctype>
#include <optional>
#include <string_view>
#include <system_error>

#include "support/failure.hpp"
#include "support/process.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

bool is_program(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

// Returns the absolute path of a program as execvp(3) finds it.
std::optional<fs::path> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos)
    return is_program(name) ? std::optional(fs::absolute(name)) : std::nullopt;
  const char* variable = ::getenv("PATH");
  std::string_view rest = variable == nullptr ? "/usr/bin:/bin" : variable;
  for (;;) {
    const auto end = rest.find(':');
    const fs::path candidate = fs::path(rest.substr(0, end)) / name;
    if (is_program(candidate))
      return fs::absolute(candidate);
    if (end == std::string_view::npos)
      return std::nullopt;
    rest.remove_prefix(end + 1);
  }
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

std::string output_of(const std::vector<std::string>& command) {
  const auto result = run_process(command);
  if (result.exit_status != 0)
    throw failure(fmt::format("'{} {}' failed: {}", command.front(), command.back(),
                              printable(result.errors)),
                  "Give a compiler that works.");
  return first_line(result.output);
}

// "Debian clang version 14.0.6": 14.
unsigned major_version(std::string_view line) {
  constexpr std::string_view word = "version ";
  const auto begin = line.find(word);
  unsigned number = 0;
  if (begin == std::string_view::npos)
    return number;
  for (auto i = begin + word.size();
       i < line.size() && std::isdigit(static_cast<unsigned char>(line[i])); ++i)
    number = number * 10 + static_cast<unsigned>(line[i] - '0');
  return number;
}

// Finds a program of LLVM: beside clang, under clang's own name for it, then in PATH.
std::optional<fs::path> find_llvm_program(const cross_compiler& clang, const std::string& name) {
  std::error_code error;
  const auto real = fs::canonical(clang.program, error);
  const auto versioned = fmt::format("{}-{}", name, clang.major);
  for (const auto& directory : {fs::path(clang.program).parent_path(), real.parent_path()}) {
    for (const auto& candidate : {directory / name, directory / versioned}) {
      if (is_program(candidate))
        return candidate;
    }
  }
  for (const auto& candidate : {versioned, name}) {
    if (auto found = find_program(candidate))
      return found;
  }
  return std::nullopt;
}

// An OpenWrt SDK has its compiler in staging_dir/toolchain-*/bin.
fs::path openwrt_staging_directory(const fs::path& compiler) {
  const auto toolchain = compiler.parent_path().parent_path();
  if (toolchain.filename().string().starts_with("toolchain-") &&
      toolchain.parent_path().filename() == "staging_dir")
    return toolchain.parent_path();
  return {};
}

// The names of one CPU in -dumpmachine differ: arm-openwrt-linux-muslgnueabi, armv7l-..., i686, ...
bool is_for_target(std::string_view machine, const target_row& target) {
  const auto cpu = machine.substr(0, machine.find('-'));
  if (target.name == "armv7")
    return cpu.starts_with("arm") && !cpu.starts_with("armeb") && !cpu.ends_with("b");
  if (target.name == "mips")
    return cpu.starts_with("mips") && cpu.find("el") == std::string_view::npos &&
           !cpu.starts_with("mips64");
  if (target.name == "mipsel")
    return cpu.starts_with("mips") && cpu.find("el") != std::string_view::npos &&
           !cpu.starts_with("mips64");
  return cpu == target.name;
}

}  // namespace

cross_compiler find_clang(const std::string& program) {
  const std::string name = program.empty() ? "clang" : program;
  const auto path = find_program(name);
  if (!path)
    throw failure(fmt::format("there is no clang '{}'", name),
                  "Install clang, or name another one: --clang CLANG.");
  cross_compiler found;
  found.program = path->string();
  found.identity = output_of({found.program, "--version"});
  found.major = major_version(found.identity);
  if (found.identity.find("clang version") == std::string::npos || found.major == 0)
    throw failure(fmt::format("'{}' is no clang: its --version says '{}'", found.program,
                              printable(found.identity)),
                  "Name a clang with --clang, or a GCC with --compiler.");
  found.own_headers = fs::path(output_of({found.program, "-print-resource-dir"})) / "include";
  std::error_code error;
  if (!fs::exists(found.own_headers / "stddef.h", error))
    throw failure(
        fmt::format("'{}': there are no headers of clang in '{}'", found.program,
                    found.own_headers.string()),
        fmt::format("Install libclang-common-{}-dev, or name another clang: --clang CLANG.",
                    found.major));
  const auto archiver = find_llvm_program(found, "llvm-ar");
  if (!archiver)
    throw failure(
        fmt::format("there is no llvm-ar for '{}', neither beside it nor in PATH", found.program),
        "Install the package llvm, of the same version as clang.");
  found.archiver = archiver->string();
  return found;
}

cross_compiler find_gcc(const std::string& program, const std::vector<std::string>& options,
                        const target_row& target) {
  const auto path = find_program(program);
  if (!path)
    throw failure(fmt::format("there is no compiler '{}'", program),
                  "Name a GCC for the target: --compiler /path/to/<prefix>-gcc.");
  cross_compiler found;
  found.is_clang = false;
  found.program = path->string();
  found.options = options;
  // OpenWrt's compiler warns without it.
  if (const auto staging = openwrt_staging_directory(*path); !staging.empty())
    ::setenv("STAGING_DIR", staging.c_str(), 1);
  std::vector<std::string> command{found.program};
  command.insert(command.end(), options.begin(), options.end());
  command.emplace_back("-dumpmachine");
  const auto machine = output_of(command);
  if (!is_for_target(machine, target))
    throw failure(fmt::format("'{}' does not compile for {}: its -dumpmachine says '{}'",
                              found.program, target.name, printable(machine)),
                  fmt::format("Name a GCC like {}-gcc or {}-gcc.", target.triple, target.openwrt));
  found.identity = fmt::format("{}; {}", output_of({found.program, "--version"}), machine);

  const auto file = path->filename().string();
  const auto gcc = file.rfind("gcc");
  const auto prefix = gcc == std::string::npos ? std::string() : file.substr(0, gcc);
  for (const std::string_view name : {"ar", "gcc-ar"}) {
    const auto beside = path->parent_path() / (prefix + std::string(name));
    if (!prefix.empty() && is_program(beside)) {
      found.archiver = beside.string();
      return found;
    }
  }
  auto archiver = find_program(output_of({found.program, "-print-prog-name=ar"}));
  if (!archiver)
    throw failure(fmt::format("there is no '{}ar' beside '{}'", prefix, found.program),
                  "Give a complete toolchain, with its binutils.");
  found.archiver = archiver->string();
  return found;
}

void clean_compiler_environment() {
  for (const char* name :
       {"CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "OBJC_INCLUDE_PATH", "LIBRARY_PATH",
        "COMPILER_PATH", "GCC_EXEC_PREFIX", "CCC_OVERRIDE_OPTIONS", "DEPENDENCIES_OUTPUT",
        "SUNPRO_DEPENDENCIES", "SOURCE_DATE_EPOCH"})
    ::unsetenv(name);
  ::setenv("LC_ALL", "C", 1);
}

}  // namespace ebpfkit::host
