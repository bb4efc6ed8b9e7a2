#include "export/macro_shield.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "skeleton/identifiers.hpp"

namespace ebpfkit::host {

namespace {

bool is_identifier_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// What the declarations themselves are written with.
bool is_vocabulary(std::string_view word) {
  static const std::set<std::string_view> words = {
      "__attribute__", "__extension__", "aligned", "packed",   "std",      "int8_t",  "int16_t",
      "int32_t",       "int64_t",       "uint8_t", "uint16_t", "uint32_t", "uint64_t"};
  return words.contains(word) || is_reserved_word(word);
}

std::set<std::string_view> identifiers_in(std::string_view text) {
  std::set<std::string_view> found;
  while (!text.empty()) {
    const auto begin = std::ranges::find_if(text, is_identifier_character);
    text.remove_prefix(static_cast<std::size_t>(begin - text.begin()));
    const auto end = std::ranges::find_if_not(text, is_identifier_character);
    const auto word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(word.size());
    if (!word.empty() && std::isdigit(static_cast<unsigned char>(word.front())) == 0 &&
        !is_vocabulary(word))
      found.insert(word);
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
