// The tokens of C and C++ source text, without a preprocessor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ebpfkit::host {

enum class token_kind : std::uint8_t {
  end,      // no token is left
  word,     // an identifier or a keyword
  number,   // a preprocessing number: 0x1fULL, 1e5, 1'000
  literal,  // of characters or text, with its quotes; ends with its line at the latest
  hash,     // `#`, or its other spelling `%:`
  paste,    // `##`, or its other spelling `%:%:`
  other,    // one character of punctuation
};

struct source_token {
  token_kind kind = token_kind::end;
  std::string_view text;
  bool begins_line = false;  // a `hash` that begins a line begins a preprocessor directive
};

// Cuts text into tokens. Comments are left out. A backslash at the end of a line means nothing
// here: join such lines first (join_lines). Any text gives some tokens; there are no errors. The
// text must outlive the tokens.
class source_tokens {
 public:
  explicit source_tokens(std::string_view text);

  source_token next();

  // What `#include` names, if it stands next on the current line: <file> or "file", with the
  // brackets or quotes. Empty, and nothing is taken, when something else stands there.
  std::string_view take_header_name();

 private:
  bool at(std::string_view token) const { return text_.substr(position_).starts_with(token); }
  void skip_comment();
  void skip_number();
  void skip_literal(char quote);
  token_kind skip_token(char first);

  std::string_view text_;
  std::size_t position_ = 0;
  bool at_line_start_ = true;
};

// The text with those lines joined to one that end with a backslash, as compilers do before all
// else: even words may be broken over two lines. Empty when there are no such lines.
std::string join_lines(std::string_view text);

// The compiler takes a carriage return alone for the end of a line, too.
constexpr bool ends_line(char c) {
  return c == '\n' || c == '\r';
}

}  // namespace ebpfkit::host
