// Finding the types that a C header declares, without a C parser.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace ebpfkit::host {

struct declared_types {
  std::set<std::string, std::less<>> tags;      // of struct, union and enum with a body
  std::set<std::string, std::less<>> typedefs;  // also of C++'s `using name = type;`
};

// Reads the tokens of a header's text: comments, literals and preprocessor lines are skipped (of
// conditional parts all branches count); only what stands in no brace, or in `extern "C" {}`, is
// looked at. Text that is no C gives whatever fits; there are no errors.
declared_types scan_header(std::string_view text);

}  // namespace ebpfkit::host
