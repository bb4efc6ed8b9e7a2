// What `ebpfkit generate` and `ebpfkit build` share: they compile BPF sources without CMake, with
// the flags of ebpf_add_program.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "btf/architecture.hpp"
#include "sources/bpf_programs.hpp"
#include "sources/compile.hpp"
#include "tool/command.hpp"

namespace ebpfkit::host::tool {

// The user's words about the compile. What is empty has a default of this machine.
struct hand_options {
  std::string cpu;
  std::string mcpu;
  std::string clang;
  std::filesystem::path libbpf_include;
  std::filesystem::path modules;
  std::filesystem::path btf;  // a file, or a name in the BTF cache
  std::filesystem::path btf_base;
  std::filesystem::path btf_cache;
  std::vector<std::string> types;
  std::vector<std::string> include_directories;
  std::vector<std::string> definitions;
  std::vector<std::string> compiler_options;
};

// Adds the options that tell how a source is compiled: -I, -D, --option, --cpu, --mcpu, --clang,
// --libbpf-include, --modules.
void add_compile_options(CLI::App& command, hand_options& options);

// Adds --btf-base and --btf-cache.
void add_btf_place_options(CLI::App& command, std::filesystem::path& base,
                           std::filesystem::path& cache);

// The running kernel's BTF. The kernel has none when there is no such file.
inline constexpr const char* running_kernel_btf = "/sys/kernel/btf/vmlinux";

// Where types come from when the user names nothing. `base` is the base of a module of the running
// kernel.
std::filesystem::path default_base_of(const std::filesystem::path& btf);

// What a header says of the BTF: "running kernel", or the word that the user wrote.
header_origin origin_of(const std::filesystem::path& btf, const std::filesystem::path& base);

// Returns the CPU that `name` means, and this machine's for an empty name. Throws `failure`.
target_cpu cpu_by_hand(const std::string& name);

// The include directories of the C library for the CPU.
std::vector<std::filesystem::path> system_directories_by_hand(const target_cpu& cpu);

// Throws `failure` when there is no such file.
void require_source(const std::filesystem::path& source);

// A compiler for some sources, which makes files in one directory only.
class hand_compiler {
 public:
  // `directory`: for objects, headers and depfiles of the sources; the constructor makes it.
  // Relative names of sources and directories start at the current directory. Throws `failure` when
  // clang, libbpf's headers or EbpfKit's own are missing, and for unknown CPUs.
  hand_compiler(hand_options options, std::filesystem::path directory);

  const target_cpu& cpu() const { return cpu_; }
  const hand_options& options() const { return options_; }
  const found_clang& clang() const { return clang_; }

  // The request to compile `source` to <directory>/ebpf/<program>/<file name>.o. Two sources with
  // the same file name give the same output.
  compile_request request_for(const std::filesystem::path& source,
                              const std::string& program) const;

 private:
  hand_options options_;
  target_cpu cpu_;
  found_clang clang_;
  std::filesystem::path directory_;
  std::filesystem::path modules_;
  std::vector<std::string> command_;  // clang and its flags
};

}  // namespace ebpfkit::host::tool
