#include "skeleton/header_scanner.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sources/tokens.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {
namespace {

// A word, a number, the opening quote of a literal, or one character of punctuation.
using token = std::string_view;

bool is_name(token text) {
  return is_c_identifier(text);
}

// Returns the tokens of `text` without preprocessor directives.
std::vector<token> tokens_of(std::string_view text) {
  std::vector<token> found;
  source_tokens tokens(text);
  bool in_directive = false;
  for (auto next = tokens.next(); next.kind != token_kind::end; next = tokens.next()) {
    if (next.begins_line)
      in_directive = next.kind == token_kind::hash;
    if (!in_directive)
      found.push_back(next.kind == token_kind::literal ? next.text.substr(0, 1) : next.text);
  }
  return found;
}

// Returns the index of the token after the bracket that closes the first one at or after `begin`.
std::size_t behind_brackets(std::span<const token> tokens, std::size_t begin) {
  int depth = 0;
  for (auto i = begin; i < tokens.size(); ++i) {
    const auto text = tokens[i];
    if (text == "{" || text == "(" || text == "[")
      ++depth;
    else if ((text == "}" || text == ")" || text == "]") && --depth == 0)
      return i + 1;
  }
  return tokens.size();
}

// Skips __attribute__((...)), alignas(...) and [[...]]. Returns the index of the token after them.
std::size_t behind_attributes(std::span<const token> tokens, std::size_t i) {
  while (i < tokens.size()) {
    if (tokens[i] == "__attribute__" || tokens[i] == "alignas" || tokens[i] == "_Alignas" ||
        tokens[i] == "__aligned")
      i = behind_brackets(tokens, i + 1);
    else if (tokens[i] == "[" && i + 1 < tokens.size() && tokens[i + 1] == "[")
      i = behind_brackets(tokens, i);
    else
      break;
  }
  return i;
}

// Returns the name that a declarator of a typedef defines: `name`, `*name`, `name[4]`,
// `(*name)(int)`.
token declared_name(std::span<const token> declarator) {
  token name;
  for (std::size_t i = 0; i < declarator.size(); ++i) {
    const auto next = behind_attributes(declarator, i);
    if (next != i) {
      i = next - 1;
      continue;
    }
    if (declarator[i] == "(" && i + 1 < declarator.size() && declarator[i + 1] == "*") {
      const auto end = behind_brackets(declarator, i);
      for (; i < end; ++i) {
        if (is_name(declarator[i]))
          return declarator[i];
      }
      return {};
    }
    if (declarator[i] == "[" || declarator[i] == "(")
      break;
    if (declarator[i] == "{")
      i = behind_brackets(declarator, i) - 1;
    else if (is_name(declarator[i]))
      name = declarator[i];
  }
  return name;
}

class scanner {
 public:
  explicit scanner(std::span<const token> tokens) : tokens_(tokens) {}

  declared_types run() {
    for (std::size_t i = 0; i < tokens_.size();) {
      if (at(i) == "extern" && at(i + 1) == "\"" && at(i + 2) == "{")
        i += 3;  // the last branch skips its closing brace
      else if (at(i) == "typedef")
        i = scan_typedef(i + 1);
      else if (at(i) == "using" && is_name(at(i + 1)) && at(i + 2) == "=")
        found_.typedefs.emplace(at(++i));
      else if (at(i) == "template")
        i = behind_statement(i);
      else if (is_tag_word(at(i)))
        i = scan_tag(i);
      else if (at(i) == "{" || at(i) == "(")
        i = behind_brackets(tokens_, i);
      else
        ++i;
    }
    return std::move(found_);
  }

 private:
  token at(std::size_t i) const { return i < tokens_.size() ? tokens_[i] : token(); }

  static bool is_tag_word(token text) {
    return text == "struct" || text == "union" || text == "enum" || text == "class";
  }

  // Scans `struct name {`. Returns the index of the brace, so that the caller skips the body.
  std::size_t scan_tag(std::size_t i) {
    ++i;
    if (at(i) == "class" || at(i) == "struct")  // enum class
      ++i;
    i = behind_attributes(tokens_, i);
    const auto name = at(i);
    if (!is_name(name))
      return i;
    i = behind_attributes(tokens_, i + 1);
    // Skip a base class or an underlying type.
    if (at(i) == ":") {
      while (i < tokens_.size() && at(i) != "{" && at(i) != ";")
        ++i;
    }
    if (at(i) == "{")
      found_.tags.emplace(name);
    return i;
  }

  std::size_t behind_statement(std::size_t i) const {
    while (i < tokens_.size() && at(i) != ";") {
      const bool opens = at(i) == "{" || at(i) == "(" || at(i) == "[";
      i = opens ? behind_brackets(tokens_, i) : i + 1;
    }
    return i;
  }

  std::size_t scan_typedef(std::size_t begin) {
    if (is_tag_word(at(begin)))
      scan_tag(begin);
    const auto end = behind_statement(begin);
    auto first = begin;
    for (auto i = begin; i <= end;) {
      if (i == end || at(i) == ",") {
        const auto name = declared_name(tokens_.subspan(first, i - first));
        if (!name.empty())
          found_.typedefs.emplace(name);
        first = ++i;
      } else {
        const bool opens = at(i) == "{" || at(i) == "(" || at(i) == "[";
        i = opens ? behind_brackets(tokens_, i) : i + 1;
      }
    }
    return end;
  }

  std::span<const token> tokens_;
  declared_types found_;
};

}  // namespace

declared_types scan_header(std::string_view text) {
  const auto joined = join_lines(text);
  const auto tokens = tokens_of(joined.empty() ? text : joined);
  return scanner(tokens).run();
}

}  // namespace ebpfkit::host
