// The identifiers that a BPF source uses. They choose the types of automatic bindings.
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sources/lexer.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

// The identifiers. `struct name` (or union, enum) among them says that the source defines that type
// itself, `declared name` that it may declare that name itself, `own NAME` that it gives a
// constant's name a meaning itself: see type_request::identifiers. `checked NAME` says that a
// condition of the preprocessor asks for the name of a constant, or a header of libbpf has it.
using identifier_set = std::set<std::string, std::less<>>;

// This word is among a source's identifiers if the source includes the header of kernel types.
inline constexpr std::string_view header_marker = "ebpfkit_kernel_types_are_included";

// Adds what the text defines, may declare, and asks for, in these ways.
void add_declarations(const source_text& content, identifier_set& words);

// Adds the words of those declarations whose helper is in `words`. Each declaration is one line.
// libbpf's bpf_helper_defs.h declares every helper and so names half the kernel's records. Adding
// all its words would select them.
void add_used_helpers(std::string_view helper_declarations, identifier_set& words);

// Returns the identifiers of preprocessed C with line markers. From bpf_helper_defs.h it takes only
// the declarations of helpers that the rest uses, as add_used_helpers() does.
//
// Of literals it takes only the constants' names in the templates of `asm` statements. There they
// come from macros that make text of a constant, and the assembler knows none. In any other literal
// such a name is meant as it is.
identifier_set collect_identifiers(std::string_view preprocessed);

// The compiler refused a source. `what()` is the compiler's own text.
class compile_failure : public failure {
 public:
  using failure::failure;
};

struct preprocess_request {
  // Compiler and flags, without input and output. The command runs in the current directory.
  std::vector<std::string> compiler;
  std::filesystem::path source;
  // The directory of a stand-in for the header of kernel types. The stand-in declares only
  // `header_marker`. Its directory is searched last, as that of the real header is.
  std::filesystem::path marker_directory;
};

// Runs the preprocessor and collects the identifiers. Throws `compile_failure` when it fails.
identifier_set preprocess(const preprocess_request& request);

}  // namespace ebpfkit::host
