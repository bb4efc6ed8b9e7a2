#include "sources/lexer.hpp"

#include <utility>

#include "sources/tokens.hpp"

namespace ebpfkit::host {
namespace {

bool has_trigraphs(std::string_view text) {
  return text.find("?\?=") != std::string_view::npos || text.find("?\?/") != std::string_view::npos;
}

bool begins_raw_literal(std::string_view word) {
  return word == "R" || word == "LR" || word == "uR" || word == "UR" || word == "u8R";
}

include take_include(source_tokens& tokens, std::string_view directive) {
  const auto name = tokens.take_header_name();
  if (name.empty())
    return {};
  return {std::string(name.substr(1, name.size() - 2)), name.front() == '"',
          directive == "include_next"};
}

source_text read_tokens(std::string_view text) {
  source_text found;
  source_tokens tokens(text);
  bool is_directive = false;
  source_token before;
  for (auto token = tokens.next(); token.kind != token_kind::end; token = tokens.next()) {
    const bool names_directive = is_directive && !token.begins_line;
    is_directive = token.kind == token_kind::hash && token.begins_line;
    if (token.kind == token_kind::paste) {
      found.pastes = true;
    } else if (token.kind == token_kind::literal) {
      const bool is_adjacent = before.text.data() + before.text.size() == token.text.data();
      if (token.text.front() == '"' && before.kind == token_kind::word && is_adjacent &&
          begins_raw_literal(before.text))
        found.pastes = true;
    } else if (token.kind == token_kind::word) {
      if (!names_directive)
        found.words.push_back(token.text);
      else if (token.text == "include" || token.text == "include_next" || token.text == "import")
        found.includes.push_back(take_include(tokens, token.text));
    }
    before = token;
  }
  return found;
}

}  // namespace

source_text read_source(std::string_view text) {
  auto joined = std::make_shared<const std::string>(join_lines(text));
  auto found = read_tokens(joined->empty() ? text : *joined);
  found.pastes = found.pastes || has_trigraphs(text);
  found.joined = std::move(joined);
  return found;
}

}  // namespace ebpfkit::host
