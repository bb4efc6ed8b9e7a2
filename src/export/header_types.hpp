// Types of C headers as BTF, for kernels that have none.
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
  std::filesystem::path depfile;      // in make's syntax, for the rule's output `output`
};

// Compiles a source that includes the headers and points to the types: first for the CPU that the
// headers are for, to LLVM's intermediate code, which carries the types with that CPU's layout;
// then that code for BPF, whose back end writes BTF. Leaves the source and the intermediate code
// beside `output`. Throws `failure`: with clang's words when it fails, and for types that the
// headers do not define, with the nearest names.
void compile_header_types(const header_types_request& request);

}  // namespace ebpfkit::host
