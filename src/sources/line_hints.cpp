#include "sources/line_hints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "sources/tokens.hpp"
#include "support/libbpf_macros.hpp"
#include "support/nearest_names.hpp"

namespace ebpfkit::host {
namespace {

// Calls `use(before, token)` for each token of the line and the one before it.
template <class Use>
void for_each_pair(std::string_view line, Use use) {
  source_tokens tokens(line);
  source_token before;
  for (auto token = tokens.next(); token.kind != token_kind::end; token = tokens.next()) {
    use(before, token);
    before = token;
  }
}

bool is_tag_keyword(std::string_view word) {
  return word == "struct" || word == "union" || word == "enum";
}

}  // namespace

bool begins_declaration(std::string_view line, std::string_view word) {
  bool found = false;
  bool is_behind = false;
  for_each_pair(line, [&](const source_token& before, const source_token& token) {
    const bool begins_statement = before.kind == token_kind::end || before.text == ";" ||
                                  before.text == "{" || before.text == "}";
    // `*` may be a product, too: then the word is a variable, and no statement begins with it.
    found = found || (is_behind && (token.kind == token_kind::word || token.text == "*"));
    is_behind = token.text == word && (begins_statement || before.text == "const");
  });
  return found;
}

std::string like_libbpf_macro(std::string_view line) {
  std::string hint;
  for_each_pair(line, [&](const source_token& before, const source_token& token) {
    if (!hint.empty() || token.text != "(" || !before.text.starts_with("BPF_") ||
        std::ranges::find(libbpf_macros, before.text) != std::end(libbpf_macros))
      return;
    const auto nearest =
        nearest_names(before.text, {std::begin(libbpf_macros), std::end(libbpf_macros)});
    if (!nearest.empty())
      hint = fmt::format("no header defines '{}'; nearest: {}", before.text, nearest.front());
  });
  return hint;
}

std::vector<tag_in_line> tags_in(std::string_view line) {
  std::vector<tag_in_line> found;
  for_each_pair(line, [&](const source_token& before, const source_token& token) {
    if (token.kind == token_kind::word && is_tag_keyword(before.text))
      found.push_back({std::string(before.text), std::string(token.text)});
  });
  return found;
}

}  // namespace ebpfkit::host
