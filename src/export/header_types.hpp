// Makes BTF from the types in C headers, for kernels that have no BTF.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ebpfkit::host {

struct header_types_request {
  std::vector<std::string> headers;   // as in #include <...>
  std::vector<std::string> types;     // "sk_buff", "struct sk_buff", typedefs, enums
  std::vector<std::string> compiler;  // clang and its flags, with the --target of the kernel
  std::filesystem::path output;       // a BPF object whose .BTF has the types
  std::filesystem::path depfile;      // written in make's syntax, with `output` as the target
};

// Compiles a source that includes the headers and declares pointers to the types, in two steps.
// The first step compiles for the CPU of the headers and makes LLVM's intermediate code, which
// holds the types with that CPU's layout. The second step compiles that code for BPF, because
// LLVM's BPF back end writes BTF. Leaves the source beside `output`.
// Throws `failure` when clang fails (with clang's messages) and when the headers do not define a
// type (with the nearest names).
void compile_header_types(const header_types_request& request);

// Returns the release of Linux that the first of the directories with kernel headers tells, or
// nothing. A configured kernel tree has generated/utsrelease.h, installed headers have
// linux/version.h.
std::string headers_release(const std::vector<std::filesystem::path>& directories);

}  // namespace ebpfkit::host
