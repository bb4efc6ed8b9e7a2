#include "skeleton/identifiers.hpp"

#include <algorithm>
#include <array>

namespace ebpfkit::host {
namespace {

// Sorted, because is_reserved_word() does a binary search.
constexpr std::array<std::string_view, 118> reserved_words{"EOF",
                                                           "NULL",
                                                           "_Alignas",
                                                           "_Alignof",
                                                           "_Atomic",
                                                           "_Bool",
                                                           "_Complex",
                                                           "_Generic",
                                                           "_Imaginary",
                                                           "_Noreturn",
                                                           "_Static_assert",
                                                           "_Thread_local",
                                                           "alignas",
                                                           "alignof",
                                                           "and",
                                                           "and_eq",
                                                           "asm",
                                                           "assert",
                                                           "auto",
                                                           "bitand",
                                                           "bitor",
                                                           "bool",
                                                           "break",
                                                           "case",
                                                           "catch",
                                                           "char",
                                                           "char16_t",
                                                           "char32_t",
                                                           "char8_t",
                                                           "class",
                                                           "co_await",
                                                           "co_return",
                                                           "co_yield",
                                                           "compl",
                                                           "concept",
                                                           "const",
                                                           "const_cast",
                                                           "consteval",
                                                           "constexpr",
                                                           "constinit",
                                                           "continue",
                                                           "contract_assert",
                                                           "decltype",
                                                           "default",
                                                           "delete",
                                                           "do",
                                                           "double",
                                                           "dynamic_cast",
                                                           "else",
                                                           "enum",
                                                           "errno",
                                                           "explicit",
                                                           "export",
                                                           "extern",
                                                           "false",
                                                           "float",
                                                           "for",
                                                           "friend",
                                                           "goto",
                                                           "i386",
                                                           "if",
                                                           "inline",
                                                           "int",
                                                           "linux",
                                                           "long",
                                                           "mips",
                                                           "mutable",
                                                           "namespace",
                                                           "new",
                                                           "noexcept",
                                                           "not",
                                                           "not_eq",
                                                           "nullptr",
                                                           "offsetof",
                                                           "operator",
                                                           "or",
                                                           "or_eq",
                                                           "private",
                                                           "protected",
                                                           "public",
                                                           "register",
                                                           "reinterpret_cast",
                                                           "requires",
                                                           "restrict",
                                                           "return",
                                                           "short",
                                                           "signed",
                                                           "sizeof",
                                                           "static",
                                                           "static_assert",
                                                           "static_cast",
                                                           "stderr",
                                                           "stdin",
                                                           "stdout",
                                                           "struct",
                                                           "switch",
                                                           "template",
                                                           "this",
                                                           "thread_local",
                                                           "throw",
                                                           "true",
                                                           "try",
                                                           "typedef",
                                                           "typeid",
                                                           "typename",
                                                           "typeof",
                                                           "typeof_unqual",
                                                           "union",
                                                           "unix",
                                                           "unsigned",
                                                           "using",
                                                           "virtual",
                                                           "void",
                                                           "volatile",
                                                           "wchar_t",
                                                           "while",
                                                           "xor",
                                                           "xor_eq"};

}  // namespace

bool is_reserved_word(std::string_view word) {
  return std::ranges::binary_search(reserved_words, word);
}

std::string safe_identifier(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool is_digit = c >= '0' && c <= '9';
    if (is_digit && text.empty())
      text += '_';
    text += is_letter || is_digit ? c : '_';
  }
  if (text.empty() || is_reserved_word(text))
    text += '_';
  return text;
}

std::string name_scope::add(std::string_view name) {
  constexpr std::size_t most_underscores = 2;
  const auto safe = safe_identifier(name);
  for (auto& tried = tried_[safe];;) {
    const auto number = tried++;
    auto candidate = number <= most_underscores
                         ? safe + std::string(number, '_')
                         : safe + '_' + std::to_string(number - most_underscores + 1);
    if (used_.insert(candidate).second)
      return candidate;
  }
}

}  // namespace ebpfkit::host
