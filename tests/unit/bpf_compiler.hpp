// BPF programs that tests compile with clang. Virtual machines have no clang, so their programs are
// compiled before: the tests run once with EBPFKIT_RECORD_PROGRAMS, which keeps all programs in a
// directory, and in the machine with EBPFKIT_COMPILED_PROGRAMS, which takes them from there. For a
// machine with another CPU, EBPFKIT_RECORD_FLAGS has the compiler's flags of that machine: instead
// of native_flags().
#pragma once

#include <sys/syscall.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "temporary_directory.hpp"

namespace ebpfkit::test {

using bytes = std::vector<unsigned char>;

// Stands in front of every program.
constexpr const char* prologue = R"(
typedef unsigned char __u8; typedef unsigned short __u16; typedef unsigned int __u32;
typedef unsigned long long __u64; typedef signed char __s8; typedef short __s16;
typedef int __s32; typedef long long __s64; typedef __u64 u64;
typedef __u16 __be16; typedef __u32 __be32; typedef __u64 __be64; typedef __u32 __wsum;
enum { BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_ARRAY = 2, BPF_MAP_TYPE_RINGBUF = 27 };
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "GPL";
)";

// The architecture's name for <bpf/bpf_tracing.h>.
constexpr const char* target_architecture =
#if defined(__x86_64__)
    "x86";
#elif defined(__aarch64__)
    "arm64";
#elif defined(__riscv)
    "riscv";
#elif defined(__s390x__)
    "s390";
#else
    "unknown";
#endif

// Tests then go on where the kernel lacks something, so that all programs are compiled. Their
// results do not count.
inline bool is_recording() {
  return std::getenv("EBPFKIT_RECORD_PROGRAMS") != nullptr;
}

// Whether the programs come from a recording, or become one. Their text must then be the same in
// each process.
inline bool programs_are_recorded() {
  return is_recording() || std::getenv("EBPFKIT_COMPILED_PROGRAMS") != nullptr;
}

inline bool have_compiler() {
  return std::getenv("EBPFKIT_COMPILED_PROGRAMS") != nullptr ||
         std::system("clang --version >/dev/null 2>&1") == 0;
}

inline bytes read_program(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return bytes(std::istreambuf_iterator<char>(file), {});
}

// Flags that tell programs of this process's system. Programs have SYS_getpgid as a macro, so that
// their text is the same for every CPU.
inline std::string native_flags() {
  return "-D__TARGET_ARCH_" + std::string(target_architecture) +
         " -DSYS_getpgid=" + std::to_string(SYS_getpgid) +
         " -idirafter /usr/include/$(uname -m)-linux-gnu";
}

// Returns no bytes when clang fails.
inline bytes compile_by_clang(const std::string& program, const std::string& flags) {
  const temporary_directory work;
  std::ofstream(work / "program.bpf.c") << prologue << program;
  const auto command = "clang --target=bpf -mcpu=v3 -O2 -g " + flags + " -c '" +
                       (work / "program.bpf.c").string() + "' -o '" +
                       (work / "program.o").string() + "'";
  if (std::system(command.c_str()) != 0)
    return {};
  return read_program(work / "program.o");
}

// The file of a program in a recording. C++ libraries differ in their std::hash, so this is FNV-1a.
inline std::string recorded_name(const std::string& program) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char character : program)
    hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001b3;
  return std::to_string(hash) + ".bpf.o";
}

inline void keep_program(const std::string& program, const bytes& image) {
  const std::filesystem::path directory = std::getenv("EBPFKIT_RECORD_PROGRAMS");
  std::ofstream(directory / recorded_name(program), std::ios::binary)
      .write(reinterpret_cast<const char*>(image.data()),
             static_cast<std::streamsize>(image.size()));
}

// Returns no bytes when clang fails, or a machine does not have the program.
inline bytes compile(const std::string& program) {
  if (const char* compiled = std::getenv("EBPFKIT_COMPILED_PROGRAMS"))
    return read_program(std::filesystem::path(compiled) / recorded_name(program));
  auto image = compile_by_clang(program, native_flags());
  if (is_recording()) {
    const char* flags = std::getenv("EBPFKIT_RECORD_FLAGS");
    keep_program(program, flags ? compile_by_clang(program, flags) : image);
  }
  return image;
}

}  // namespace ebpfkit::test
