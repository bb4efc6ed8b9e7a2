// Options and functions that `ebpfkit bindings`, `ebpfkit export` and `ebpfkit generate` share.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bindings/bindings.hpp"
#include "btf/type_graph.hpp"
#include "export/host_types.hpp"
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

// Returns the header for BPF programs with the types of the source, after take_files(). Prints
// warnings.
std::string bindings_text(const source_options& source, const type_request& types);

// What makes types for programs of the host: make_cxx_types() or make_c_types().
using host_types_maker = std::function<std::string(const type_graph&, const host_types_request&)>;

// Returns what `make` makes of the types of the source, after take_files(). `is_object`: the BTF is
// that of a BPF object, whose remedy for missing types is another one. Prints warnings.
std::string host_types_text(const source_options& source, const std::vector<std::string>& types,
                            bool is_object, const host_types_maker& make);

// Prints the warnings to standard error. Prints one more when the layout is fixed (no CO-RE).
void print_warnings(const std::vector<std::string>& warnings, const header_origin& origin);

}  // namespace ebpfkit::host::tool
