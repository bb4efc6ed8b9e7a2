// The words of C source text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

struct include {
  std::string file;  // empty: told by a macro
  bool is_quoted = false;
  bool is_next = false;  // #include_next
};

struct source_text {
  std::vector<std::string_view> words;  // every identifier where it stands, repeated
  std::vector<include> includes;
  // The structs, unions and enums that the text defines in any case, as `struct name`: outside
  // functions and records, and outside conditions except an include guard.
  std::vector<std::string> defined_tags;
  // Names that the text may declare itself: the words outside functions and records, the arguments
  // of macros there, and the words of declarations that begin with `extern`, in macros too. All
  // branches of conditions count. They can be more than the text declares.
  std::vector<std::string_view> declared_names;
  bool pastes = false;  // has `##`, or trigraphs or raw literals, which not every compiler knows
  // The text without the ends of its lines that a backslash takes away, where there are any.
  std::shared_ptr<const std::string> joined;
};

// Identifiers and includes of C text. What stands in comments, literals and numbers is no word.
// Conditions are not evaluated: all branches count. The views are into `text` or `joined`.
source_text read_source(std::string_view text);

}  // namespace ebpfkit::host
