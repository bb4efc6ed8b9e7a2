// The flags that a BPF compile gets, for a build without CMake.
#pragma once

#include <bit>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Returns the text of modules/detail/compile_flags.txt. The build writes this function.
std::string_view compile_flag_table();

struct compile_flags_request {
  std::string architecture;  // the kernel's name of the CPU: x86
  std::endian byte_order = std::endian::little;
  std::string mcpu;  // v1 to v4
  int clang_major = 0;
  std::filesystem::path source_directory;                 // absolute; the compiler runs there
  std::filesystem::path build_directory;                  // absolute; has all that is made
  std::filesystem::path libbpf_headers;                   // has libbpf's bpf/*.h and nothing else
  std::vector<std::filesystem::path> system_directories;  // of the target's C library
  std::filesystem::path modules;                          // EbpfKit's directory modules/
  std::vector<std::string> own_flags;                     // what the user gives, such as -I and -D
};

// Returns clang's arguments, without input and output, as `ebpf_add_program` composes them. `table`
// is compile_flag_table(). Throws std::logic_error for a table that is not one.
std::vector<std::string> compile_flags(std::string_view table,
                                       const compile_flags_request& request);

}  // namespace ebpfkit::host
