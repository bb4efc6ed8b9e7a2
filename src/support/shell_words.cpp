#include "support/shell_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "support/failure.hpp"

namespace ebpfkit::host {

std::vector<std::string> split_shell_words(std::string_view text) {
  std::vector<std::string> words;
  bool is_in_word = false;
  char quote = '\0';
  const auto add = [&](char c) {
    if (!is_in_word)
      words.emplace_back();
    is_in_word = true;
    words.back() += c;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != '\0' && c == quote) {
      quote = '\0';
    } else if (c == '\\' && quote != '\'' && at + 1 < text.size()) {
      add(text[++at]);
    } else if (quote != '\0') {
      add(c);
    } else if (c == '\'' || c == '"') {
      quote = c;
      if (!is_in_word)
        words.emplace_back();
      is_in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      is_in_word = false;
    } else {
      add(c);
    }
  }
  if (quote != '\0')
    throw failure(fmt::format("the option 'SHELL:{}' has a quote that does not end", text),
                  "End it, or put a backslash before it.");
  return words;
}

std::vector<std::string> expand_shell_options(const std::vector<std::string>& words) {
  constexpr std::string_view prefix = "SHELL:";
  std::vector<std::string> expanded;
  for (const auto& word : words) {
    if (word.starts_with(prefix))
      std::ranges::move(split_shell_words(std::string_view(word).substr(prefix.size())),
                        std::back_inserter(expanded));
    else
      expanded.push_back(word);
  }
  return expanded;
}

std::string shell_command(const std::vector<std::string>& words) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:@%,";
  std::string line;
  for (const auto& word : words) {
    if (!line.empty())
      line += ' ';
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word)
      line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

}  // namespace ebpfkit::host
