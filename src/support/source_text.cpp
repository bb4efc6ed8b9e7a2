#include "support/source_text.hpp"

#include <fmt/format.h>

namespace ebpfkit::host {

namespace {

bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

}  // namespace

std::string c_string_literal(std::string_view text) {
  std::string literal = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '?') {
      literal += '\\';
      literal += c;
    } else if (is_printable(c)) {
      literal += c;
    } else {
      literal += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    }
  }
  return literal + '"';
}

std::string line_comment(std::string_view label, std::string_view text) {
  return text.empty() ? std::string() : fmt::format("// {}: {}\n", label, plain_text(text));
}

std::string plain_text(std::string_view text) {
  std::string line(text);
  char last = ' ';
  for (auto& c : line) {
    const bool is_trigraph = last == '?' && c == '?';
    if (!is_printable(c) || c == '\\' || c == '"' || is_trigraph)
      c = '_';
    last = c;
  }
  return line;
}

}  // namespace ebpfkit::host
