// Cuts C and C++ source text into tokens, without a preprocessor.
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
  literal,  // a character or string with its quotes; ends at the latest with its line
  hash,     // `#` or its alternative spelling `%:`
  paste,    // `##` or its alternative spelling `%:%:`
  other,    // one character of punctuation
};

struct source_token {
  token_kind kind = token_kind::end;
  std::string_view text;
  bool begins_line = false;  // a `hash` that begins a line begins a preprocessor directive
};

// Cuts text into tokens and skips comments. Does not join lines that end with a backslash: call
// join_lines() first. Accepts any text; there are no errors. The text must outlive the tokens.
class source_tokens {
 public:
  explicit source_tokens(std::string_view text);

  source_token next();

  // Call it after the word `include`. If <file> or "file" follows on the current line, takes and
  // returns it with its brackets or quotes. Otherwise takes no token and returns an empty text.
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

// Joins each line that ends with a backslash with the next line. Compilers do this first, so even a
// word can continue on the next line. Returns an empty text when no line ends with a backslash.
std::string join_lines(std::string_view text);

// For the compiler a single carriage return also ends a line.
constexpr bool ends_line(char c) {
  return c == '\n' || c == '\r';
}

}  // namespace ebpfkit::host
