// Finds the types that a C header declares, without a C parser.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace ebpfkit::host {

struct declared_types {
  std::set<std::string, std::less<>> tags;      // of struct, union and enum with a body
  std::set<std::string, std::less<>> typedefs;  // also C++'s `using name = type;`
};

// Finds the types by the tokens of a header's text. Skips comments, literals and preprocessor
// lines, so all branches of conditional parts count. Finds only types outside of all braces, or
// directly in `extern "C" {}`. There are no errors: for text that is not C the result may be wrong.
declared_types scan_header(std::string_view text);

}  // namespace ebpfkit::host
