#include "sources/tokens.hpp"

#include <algorithm>

namespace ebpfkit::host {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::string_view line_ends = "\n\r";

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

// `text` begins with a backslash. If only blanks and the end of the line follow, the line continues
// in the next one: returns the length of all this. Otherwise returns 0.
std::size_t continuation_length(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && is_blank(text[length]))
    ++length;
  if (length == text.size() || !ends_line(text[length]))
    return 0;
  return length + (text.substr(length).starts_with("\r\n") ? 2 : 1);
}

}  // namespace

source_tokens::source_tokens(std::string_view text) : text_(text) {
  if (at(byte_order_mark))
    position_ = byte_order_mark.size();
}

source_token source_tokens::next() {
  while (position_ < text_.size()) {
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
    } else {
      const auto begin = position_;
      source_token token{skip_token(c), {}, at_line_start_};
      token.text = text_.substr(begin, position_ - begin);
      at_line_start_ = false;
      return token;
    }
  }
  return {};
}

token_kind source_tokens::skip_token(char first) {
  if (first == '"' || first == '\'') {
    skip_literal(first);
    return token_kind::literal;
  }
  if (is_digit(first)) {
    skip_number();
    return token_kind::number;
  }
  if (starts_word(first)) {
    while (position_ < text_.size() && continues_word(text_[position_]))
      ++position_;
    return token_kind::word;
  }
  const auto hash_length = [this]() -> std::size_t { return at("#") ? 1 : at("%:") ? 2 : 0; };
  if (const auto length = hash_length()) {
    position_ += length;
    if (const auto second = hash_length()) {
      position_ += second;
      return token_kind::paste;
    }
    return token_kind::hash;
  }
  ++position_;
  return token_kind::other;
}

void source_tokens::skip_comment() {
  const auto end = text_.find("*/", position_ + 2);
  position_ = end == std::string_view::npos ? text_.size() : end + 2;
}

// A number can contain letters, points and, since C23, separators.
void source_tokens::skip_number() {
  while (position_ < text_.size()) {
    const bool is_separator = text_[position_] == '\'' && position_ + 1 < text_.size() &&
                              continues_word(text_[position_ + 1]);
    if (!continues_word(text_[position_]) && text_[position_] != '.' && !is_separator)
      return;
    ++position_;
  }
}

void source_tokens::skip_literal(char quote) {
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

std::string_view source_tokens::take_header_name() {
  for (;;) {
    if (at("/*"))
      skip_comment();
    else if (position_ < text_.size() && is_blank(text_[position_]))
      ++position_;
    else
      break;
  }
  const auto line_end = std::min(text_.find_first_of(line_ends, position_), text_.size());
  const auto rest = text_.substr(position_, line_end - position_);
  if (!rest.starts_with('"') && !rest.starts_with('<'))
    return {};
  const auto end = rest.find(rest.front() == '"' ? '"' : '>', 1);
  if (end == std::string_view::npos)
    return {};
  position_ += end + 1;
  return rest.substr(0, end + 1);
}

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

}  // namespace ebpfkit::host
