#include "sources/lexer.hpp"

#include <algorithm>
#include <utility>

namespace ebpfkit::host {
namespace {

bool starts_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool continues_word(char c) {
  return starts_word(c) || is_digit(c);
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\f' || c == '\v';
}
// The compiler takes a carriage return alone for the end of a line, too.
bool ends_line(char c) {
  return c == '\n' || c == '\r';
}
constexpr std::string_view line_ends = "\n\r";

// How long the continuation is that `text` begins with: a backslash, blanks, the end of the line.
// 0: it is none.
std::size_t continuation_length(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && is_blank(text[length]))
    ++length;
  if (length == text.size() || !ends_line(text[length]))
    return 0;
  return length + (text.substr(length).starts_with("\r\n") ? 2 : 1);
}

// Lines that go on are joined before anything else is read: they may break words, too. Empty: there
// are none.
std::string join_lines(std::string_view text) {
  std::string joined;
  std::size_t copied = 0;
  for (auto at = text.find('\\'); at != std::string_view::npos;) {
    const auto length = continuation_length(text.substr(at));
    if (length != 0) {
      joined += text.substr(copied, at - copied);
      copied = at + length;
    }
    at = text.find('\\', at + std::max<std::size_t>(length, 1));
  }
  if (copied != 0)
    joined += text.substr(copied);
  return joined;
}

bool has_trigraphs(std::string_view text) {
  return text.find("?\?=") != std::string_view::npos || text.find("?\?/") != std::string_view::npos;
}

bool begins_raw_literal(std::string_view word) {
  return word == "R" || word == "LR" || word == "uR" || word == "UR" || word == "u8R";
}

class lexer {
 public:
  explicit lexer(std::string_view text) : text_(text) {
    if (at(byte_order_mark))
      position_ = byte_order_mark.size();
  }

  source_text run() {
    while (position_ < text_.size())
      step();
    return std::move(found_);
  }

 private:
  static constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

  bool at(std::string_view token) const { return text_.substr(position_).starts_with(token); }

  void step() {
    const char c = text_[position_];
    if (at("//")) {
      position_ = std::min(text_.find_first_of(line_ends, position_), text_.size());
    } else if (at("/*")) {
      skip_comment();
    } else if (ends_line(c)) {
      at_line_start_ = true;
      ++position_;
    } else if (is_blank(c)) {
      ++position_;
    } else if (hash_length() != 0) {
      read_hash();
    } else {
      at_line_start_ = false;
      read_token(c);
    }
  }

  void read_token(char c) {
    if (c == '"' || c == '\'') {
      skip_literal(c);
    } else if (is_digit(c)) {
      skip_number();
    } else if (starts_word(c)) {
      found_.words.push_back(take_word());
      found_.pastes = found_.pastes || (at("\"") && begins_raw_literal(found_.words.back()));
    } else {
      ++position_;
    }
  }

  std::string_view take_word() {
    const auto start = position_;
    while (position_ < text_.size() && continues_word(text_[position_]))
      ++position_;
    return text_.substr(start, position_ - start);
  }

  // A preprocessing number may hold letters and, since C23, separators: 0x1fULL, 1e5, 1'000.
  void skip_number() {
    while (position_ < text_.size()) {
      const bool is_separator = text_[position_] == '\'' && position_ + 1 < text_.size() &&
                                continues_word(text_[position_ + 1]);
      if (!continues_word(text_[position_]) && text_[position_] != '.' && !is_separator)
        return;
      ++position_;
    }
  }

  void skip_comment() {
    const auto end = text_.find("*/", position_ + 2);
    position_ = end == std::string_view::npos ? text_.size() : end + 2;
  }

  // Literals end with their line.
  void skip_literal(char quote) {
    for (++position_; position_ < text_.size(); ++position_) {
      if (text_[position_] == '\\') {
        ++position_;
      } else if (text_[position_] == quote) {
        ++position_;
        return;
      } else if (ends_line(text_[position_])) {
        return;
      }
    }
    position_ = text_.size();
  }

  void skip_blanks_and_comments() {
    for (;;) {
      if (at("/*"))
        skip_comment();
      else if (position_ < text_.size() && is_blank(text_[position_]))
        ++position_;
      else
        return;
    }
  }

  // Of `#` or its other spelling; 0: neither is here.
  std::size_t hash_length() const { return at("#") ? 1 : at("%:") ? 2 : 0; }

  void read_hash() {
    const bool is_directive = at_line_start_;
    at_line_start_ = false;
    position_ += hash_length();
    if (const auto second = hash_length()) {
      found_.pastes = true;
      position_ += second;
      return;
    }
    if (!is_directive)
      return;
    skip_blanks_and_comments();
    const auto directive = take_word();
    if (directive == "include" || directive == "include_next" || directive == "import")
      read_include(directive == "include_next");
  }

  void read_include(bool is_next) {
    skip_blanks_and_comments();
    const auto line_end = std::min(text_.find_first_of(line_ends, position_), text_.size());
    const auto rest = text_.substr(position_, line_end - position_);
    const bool is_quoted = rest.starts_with('"');
    if (is_quoted || rest.starts_with('<')) {
      const auto end = rest.find(is_quoted ? '"' : '>', 1);
      if (end != std::string_view::npos) {
        position_ += end + 1;
        found_.includes.push_back({std::string(rest.substr(1, end - 1)), is_quoted, is_next});
        return;
      }
    }
    found_.includes.push_back({});
  }

  std::string_view text_;
  std::size_t position_ = 0;
  bool at_line_start_ = true;
  source_text found_;
};

}  // namespace

source_text read_source(std::string_view text) {
  auto joined = std::make_shared<const std::string>(join_lines(text));
  const std::string_view whole = joined->empty() ? text : *joined;
  auto found = lexer(whole).run();
  found.pastes = found.pastes || has_trigraphs(text);
  found.joined = std::move(joined);
  return found;
}

}  // namespace ebpfkit::host
