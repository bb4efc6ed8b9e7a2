// Finds the identifiers and includes of C source text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

struct include {
  std::string file;  // empty: a macro gives the name
  bool is_quoted = false;
  bool is_next = false;  // #include_next
};

struct source_text {
  std::vector<std::string_view> words;  // in the order of the text, with repetitions
  std::vector<include> includes;
  // The text has `##`, trigraphs or raw literals: only the preprocessor knows all its identifiers.
  // Not every compiler knows trigraphs and raw literals.
  bool pastes = false;
  // The text after join_lines(), or empty if no line ends with a backslash.
  std::shared_ptr<const std::string> joined;
};

// Ignores the content of comments, literals and numbers. Does not evaluate conditions: all branches
// count. The views in the result point into `text` or `joined`.
source_text read_source(std::string_view text);

}  // namespace ebpfkit::host
