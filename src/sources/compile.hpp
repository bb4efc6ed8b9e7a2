// Compiles one BPF source. Makes the header of kernel types with the types that the source uses.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "bindings/c_header.hpp"

namespace ebpfkit::host {

struct compile_request {
  // Compiler and flags. The command runs in the current directory, behind the launcher (ccache...).
  std::vector<std::string> compiler;
  std::vector<std::string> launcher;
  std::filesystem::path source;
  std::filesystem::path output;
  std::filesystem::path depfile;  // in make's syntax, for the rule's output `output`

  // The header of kernel types. It is made if the source includes a header of this name. Its
  // directory contains no other header and is searched last.
  std::filesystem::path header;
  std::filesystem::path marker_directory;  // see preprocess_request
  // Where its types come from: a file or a name in the BTF cache. If it is empty, a source that
  // includes the header is refused.
  std::filesystem::path btf;
  std::filesystem::path base_btf;   // the base of split BTF; empty: none
  std::filesystem::path btf_cache;  // empty: default_btf_cache()
  std::vector<std::string> types;   // wanted in addition to those used, see type_request
  header_origin origin;             // asked_for is filled in, see bindings_request
};

// Compiles the source. If the source includes the header, makes the header first, with the types
// that the source uses. Keeps the header, and does not read the BTF, if identifiers and BTF are
// unchanged. The depfile has absolute paths, even if the launcher makes them relative. It also
// names the BTF if the source includes the header. Returns what the compiler printed (warnings).
// Throws `compile_failure` when the compiler fails, `failure` for all other problems.
std::string compile_source(const compile_request& request);

}  // namespace ebpfkit::host
