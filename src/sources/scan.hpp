// Finds the identifiers that a source uses, without running the preprocessor.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sources/identifiers.hpp"

namespace ebpfkit::host {

// Returns the identifiers of `source`, of every header that it can include, and of the `-D` flags.
// Searches headers in the `-I`, `-iquote`, `-isystem` and `-idirafter` directories of `flags`. Does
// not evaluate conditions or expand macros. So the result can have more words than preprocessed
// text, but never fewer. It contains `header_marker` when a file includes `header_name` and no
// directory has that header.
//
// This saves a start of the compiler for preprocessing. Returns nothing when only the preprocessor
// can find all identifiers:
// - A file uses `##` or bpf_for_each, which makes names of kernel types with `##`. The rest of
//   libbpf's own headers makes no such names.
// - A macro gives the name of an included file.
// - A header other than `header_name` is not found.
// - There are flags such as `-include` and `--sysroot`.
std::optional<identifier_set> scan_source(const std::filesystem::path& source,
                                          std::string_view header_name,
                                          const std::vector<std::string>& flags);

}  // namespace ebpfkit::host
