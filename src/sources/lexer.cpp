#include "sources/lexer.hpp"

#include <algorithm>

namespace ebpfkit {
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
  return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

class lexer {
 public:
  explicit lexer(std::string_view text) : text_(text) {}

  source_text run() {
    while (position_ < text_.size())
      step();
    return std::move(found_);
  }

 private:
  bool at(std::string_view token) const { return text_.substr(position_).starts_with(token); }

  void step() {
    const char c = text_[position_];
    if (at("//")) {
      skip_line_comment();
    } else if (at("/*")) {
      const auto end = text_.find("*/", position_ + 2);
      position_ = end == std::string_view::npos ? text_.size() : end + 2;
    } else if (at("\\\n")) {
      position_ += 2;
    } else if (c == '\n') {
      at_line_start_ = true;
      ++position_;
    } else if (is_blank(c)) {
      ++position_;
    } else if (c == '#') {
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
      // A preprocessing number may hold letters: 0x1fULL, 1e5.
      while (position_ < text_.size() &&
             (continues_word(text_[position_]) || text_[position_] == '.'))
        ++position_;
    } else if (starts_word(c)) {
      found_.words.push_back(take_word());
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

  // A line comment goes on behind a backslash at the end of its line.
  void skip_line_comment() {
    for (;;) {
      const auto end = text_.find('\n', position_);
      if (end == std::string_view::npos) {
        position_ = text_.size();
        return;
      }
      position_ = end;
      if (text_[end - 1] != '\\')
        return;
      ++position_;
    }
  }

  // Literals end with their line.
  void skip_literal(char quote) {
    for (++position_; position_ < text_.size(); ++position_) {
      if (text_[position_] == '\\') {
        ++position_;
      } else if (text_[position_] == quote) {
        ++position_;
        return;
      } else if (text_[position_] == '\n') {
        return;
      }
    }
    position_ = text_.size();
  }

  void skip_blanks() {
    while (position_ < text_.size() && is_blank(text_[position_]))
      ++position_;
  }

  void read_hash() {
    const bool is_directive = at_line_start_;
    at_line_start_ = false;
    ++position_;
    if (!is_directive) {
      if (at("#")) {
        found_.pastes = true;
        ++position_;
      }
      return;
    }
    skip_blanks();
    const auto directive = take_word();
    if (directive == "include" || directive == "include_next" || directive == "import")
      read_include(directive == "include_next");
  }

  void read_include(bool is_next) {
    skip_blanks();
    const auto line_end = std::min(text_.find('\n', position_), text_.size());
    const auto rest = text_.substr(position_, line_end - position_);
    position_ = line_end;
    const bool is_quoted = rest.starts_with('"');
    if (is_quoted || rest.starts_with('<')) {
      const auto end = rest.find(is_quoted ? '"' : '>', 1);
      if (end != std::string_view::npos) {
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
  return lexer(text).run();
}

}  // namespace ebpfkit
