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
  // The structs, unions, enums and typedefs that the text defines in any case, as `struct name`:
  // outside functions, and outside conditions except an include guard.
  std::vector<std::string> defined_tags;
  // Names that the text may declare itself: the words outside functions and records, the arguments
  // of macros there, and the words of declarations that begin with `extern`, in macros too. All
  // branches of conditions count. They can be more than the text declares.
  std::vector<std::string_view> declared_names;
  // Names to which the text gives a meaning of its own, in any branch of conditions: macros, their
  // parameters, enumerators, labels, and what a declaration declares (`int a, *b`, `struct { ... }
  // c`). They can be more, and fewer where macros declare.
  std::vector<std::string_view> own_names;
  std::vector<std::string_view> checked_names;  // words behind #if, #ifdef and the like
  bool pastes = false;  // has `##`, or trigraphs or raw literals, which not every compiler knows
  bool stringizes = false;  // a macro makes text of an argument: `#x`
  // The text without the ends of its lines that a backslash takes away, where there are any.
  std::shared_ptr<const std::string> joined;
};

// Ignores the content of comments, literals and numbers. Does not evaluate conditions: all branches
// count. The views in the result point into `text` or `joined`.
source_text read_source(std::string_view text);

}  // namespace ebpfkit::host
