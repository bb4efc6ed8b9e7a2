// BPF programs that tests compile with clang. Virtual machines have no clang, so their programs are
// compiled before: the tests run once with EBPFKIT_RECORD_PROGRAMS, which keeps all programs in a
// directory, and in the machine with EBPFKIT_COMPILED_PROGRAMS, which takes them from there.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
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

// Returns no bytes when clang fails.
inline bytes compile_by_clang(const std::string& program) {
  const temporary_directory work;
  std::ofstream(work / "program.bpf.c") << prologue << program;
  const auto command =
      "clang --target=bpf -mcpu=v3 -O2 -g -D__TARGET_ARCH_" + std::string(target_architecture) +
      " -idirafter /usr/include/$(uname -m)-linux-gnu -c '" + (work / "program.bpf.c").string() +
      "' -o '" + (work / "program.o").string() + "'";
  if (std::system(command.c_str()) != 0)
    return {};
  return read_program(work / "program.o");
}

// Returns no bytes when clang fails, or a machine does not have the program.
inline bytes compile(const std::string& program) {
  const auto name = std::to_string(std::hash<std::string>()(program)) + ".bpf.o";
  if (const char* compiled = std::getenv("EBPFKIT_COMPILED_PROGRAMS"))
    return read_program(std::filesystem::path(compiled) / name);
  auto image = compile_by_clang(program);
  if (is_recording())
    std::ofstream(std::filesystem::path(std::getenv("EBPFKIT_RECORD_PROGRAMS")) / name,
                  std::ios::binary)
        .write(reinterpret_cast<const char*>(image.data()),
               static_cast<std::streamsize>(image.size()));
  return image;
}

}  // namespace ebpfkit::test
