// What `ebpfkit bindings` and `ebpfkit export` share.
#pragma once

#include <string>
#include <vector>

#include "bindings/bindings.hpp"
#include "tool/command.hpp"

namespace ebpfkit::host::tool {

// Where types come from and what the header records about it. `files` gets the operands of --btf:
// files, or names in the BTF cache; see `take_files`.
struct source_options {
  std::vector<std::filesystem::path> files;
  std::filesystem::path btf_cache;
  std::filesystem::path depfile;
  bindings_source source;
  header_origin origin;

  // Moves `files` into `source`, with the files that names stand for.
  void take_files();

  // Writes the depfile, if one is wanted: `output` depends on all files of `source`.
  void write_depfile(const output_options& output) const;
};

void add_source_options(CLI::App& command, source_options& options);

// Writes the warnings, and the one that a fixed layout deserves, to the standard error.
void print_warnings(const std::vector<std::string>& warnings, const header_origin& origin);

}  // namespace ebpfkit::host::tool
