// What is known to be meant when clang refuses a BPF source.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

struct hint_request {
  std::string_view compiler_text;  // what clang printed
  std::filesystem::path source;
  std::vector<std::string> flags;  // clang's command: where headers are looked for
  std::string header_name;         // of the header of kernel types: "vmlinux.h"
  bool header_has_macros = false;  // it defines the UAPI macros that the source uses
  std::string architecture;        // of the CPU that the program is for, by any alias; empty: any
  // What the header was made from; empty: unknown.
  std::filesystem::path btf;
  std::filesystem::path base_btf;
};

// Returns at most three lines, each "ebpfkit: note: ...\n". Empty when nothing is known. Never
// throws: clang's own text must reach the user in any case.
std::string explain_compile_errors(const hint_request& request);

}  // namespace ebpfkit::host
