// Options and functions that `ebpfkit bindings` and `ebpfkit export` share.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bindings/bindings.hpp"
#include "tool/command.hpp"

namespace ebpfkit::host::tool {

// Where types come from, and what the header records about that. The parser puts the operands of
// --btf into `files`. Each is a file, or a name in the BTF cache; see `take_files`.
struct source_options {
  std::vector<std::filesystem::path> files;
  std::filesystem::path btf_cache;
  std::filesystem::path depfile;
  bindings_source source;
  header_origin origin;

  // Replaces names in the BTF cache by their files, and copies the files into `source`.
  void take_files();

  // All files of `source`.
  std::vector<std::filesystem::path> inputs() const;

  // Writes the depfile if one is requested. In it, `output` depends on inputs().
  void write_depfile(const output_options& output) const;
};

void add_source_options(CLI::App& command, source_options& options);

// Prints the warnings to standard error. Prints one more when the layout is fixed (no CO-RE).
void print_warnings(const std::vector<std::string>& warnings, const header_origin& origin);

}  // namespace ebpfkit::host::tool
