#include "skeleton/macro_shield.hpp"

#include <fmt/format.h>

#include <set>
#include <string_view>

#include "skeleton/identifiers.hpp"
#include "sources/tokens.hpp"

namespace ebpfkit::host {

namespace {

// Whether the generated code itself uses the word, apart from the names of types and members.
bool is_vocabulary(std::string_view word) {
  static const std::set<std::string_view> words = {
      "__attribute__", "__extension__", "aligned", "packed",   "std",      "int8_t",  "int16_t",
      "int32_t",       "int64_t",       "uint8_t", "uint16_t", "uint32_t", "uint64_t"};
  return words.contains(word) || is_reserved_word(word);
}

// Words that the preprocessor itself gives a meaning, so that #undef of them is an error. They can
// still name members.
bool is_preprocessor_word(std::string_view word) {
  return word == "defined" || word == "__VA_ARGS__" || word == "__VA_OPT__" ||
         word.starts_with("__has_");
}

std::set<std::string_view> identifiers_in(std::string_view text) {
  std::set<std::string_view> found;
  source_tokens tokens(text);
  for (auto token = tokens.next(); token.kind != token_kind::end; token = tokens.next()) {
    if (token.kind == token_kind::word && !is_vocabulary(token.text) &&
        !is_preprocessor_word(token.text))
      found.insert(token.text);
  }
  return found;
}

}  // namespace

macro_shield shield_from_macros(std::string_view declarations) {
  macro_shield shield;
  for (const auto name : identifiers_in(declarations)) {
    shield.begin += fmt::format("#pragma push_macro(\"{0}\")\n#undef {0}\n", name);
    shield.end += fmt::format("#pragma pop_macro(\"{}\")\n", name);
  }
  return shield;
}

}  // namespace ebpfkit::host
