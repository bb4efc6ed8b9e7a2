// What a BPF source uses: the words that automatic bindings are chosen by.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sources/lexer.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

// The identifiers. `struct name` (or union, enum) among them says that the source defines that type
// itself, `declared name` that it may declare that name itself: see type_request::identifiers.
using identifier_set = std::set<std::string, std::less<>>;

// The word that tells that a source includes the header of kernel types.
inline constexpr std::string_view header_marker = "ebpfkit_kernel_types_are_included";

// Adds what the text defines and may declare itself, as type_request::identifiers has it.
void add_declarations(const source_text& content, identifier_set& words);

// libbpf's bpf_helper_defs.h declares every helper, and with them names half the kernel's records.
// Adds to `words` those of the declarations (one a line) whose helper is among them.
void add_used_helpers(std::string_view helper_declarations, identifier_set& words);

// The identifiers of preprocessed C (with line markers). bpf_helper_defs.h counts as above.
identifier_set collect_identifiers(std::string_view preprocessed);

// The compiler refused a source: `what()` is its own text.
class compile_failure : public failure {
 public:
  using failure::failure;
};

struct preprocess_request {
  // The compile command without input and output: compiler and flags. It runs in the current
  // directory.
  std::vector<std::string> compiler;
  std::filesystem::path source;
  // Directory of the stand-in for the header of kernel types, which declares `header_marker` and no
  // more. It is searched last, as the real one will be.
  std::filesystem::path marker_directory;
};

// Runs the preprocessor and collects the identifiers. Throws `compile_failure` when it fails.
identifier_set preprocess(const preprocess_request& request);

}  // namespace ebpfkit::host
