#include "sources/identifiers.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "sources/lexer.hpp"
#include "sources/tokens.hpp"
#include "sources/uapi_macros.hpp"
#include "support/process.hpp"

namespace ebpfkit::host {
namespace {

bool is_assembly_qualifier(std::string_view word) {
  return word == "volatile" || word == "__volatile__" || word == "__volatile" || word == "goto" ||
         word == "inline" || word == "__inline__";
}

void add_words(std::string_view text, identifier_set& words) {
  const auto content = read_source(text);
  for (const auto word : content.words) {
    if (!words.contains(word))
      words.emplace(word);
  }
  add_declarations(content, words);
}

// Adds the constants' names in the literals of `asm` statements.
void add_assembly_constants(std::string_view text, identifier_set& words) {
  source_tokens tokens(text);
  int parentheses = 0;  // open ones of an `asm` statement
  bool is_keyword = false;
  for (auto token = tokens.next(); token.kind != token_kind::end; token = tokens.next()) {
    const bool is_in_front = is_keyword && parentheses == 0;
    if (token.kind == token_kind::word && parentheses == 0) {
      // asm volatile (
      is_keyword = token.text == "asm" || token.text == "__asm" || token.text == "__asm__" ||
                   (is_keyword && is_assembly_qualifier(token.text));
    } else if (token.text == "(" && (is_in_front || parentheses > 0)) {
      ++parentheses;
    } else if (token.text == ")" && parentheses > 0) {
      --parentheses;
      is_keyword = parentheses > 0;
    } else if (token.kind == token_kind::literal && parentheses > 0) {
      for (const auto word : read_source(token.text.substr(1)).words) {
        if (is_constant_name(word))
          words.emplace(word);
      }
    } else if (parentheses == 0) {
      is_keyword = false;
    }
  }
}

// Cuts the first line off `text` and returns it.
std::string_view take_line(std::string_view& text) {
  const auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

// Returns the helper that a line declares: `static long (*bpf_map_update_elem)(...`. Since
// libbpf 1.4 the declaration has `(* const ...`.
std::string_view declared_helper(std::string_view line) {
  const auto open = line.find("(*");
  if (!line.starts_with("static ") || open == std::string_view::npos)
    return {};
  const auto name = line.substr(open + 2, line.find(')', open) - open - 2);
  return name.substr(name.rfind(' ') + 1);  // npos + 1 is 0
}

}  // namespace

void add_declarations(const source_text& content, identifier_set& words) {
  words.insert(content.defined_tags.begin(), content.defined_tags.end());
  std::string declared;
  for (const auto name : content.declared_names) {
    declared.assign("declared ").append(name);
    words.insert(declared);
  }
  const auto add_constants = [&](std::string_view prefix, const auto& names) {
    for (const auto name : names) {
      if (is_constant_name(name))
        words.insert(declared.assign(prefix).append(name));
    }
  };
  add_constants("own ", content.own_names);
  add_constants("checked ", content.checked_names);
}

void add_used_helpers(std::string_view helper_declarations, identifier_set& words) {
  while (!helper_declarations.empty()) {
    const auto line = take_line(helper_declarations);
    const auto helper = declared_helper(line);
    if (!helper.empty() && words.contains(helper))
      add_words(line, words);
  }
}

identifier_set collect_identifiers(std::string_view preprocessed) {
  identifier_set words;
  std::string text;
  std::string helper_declarations;
  bool in_helper_declarations = false;
  while (!preprocessed.empty()) {
    const auto line = take_line(preprocessed);
    if (line.starts_with("# ")) {
      in_helper_declarations = line.find("/bpf_helper_defs.h\"") != std::string_view::npos;
    } else if (!line.starts_with('#')) {
      auto& part = in_helper_declarations ? helper_declarations : text;
      part += line;
      part += '\n';
    }
  }
  add_words(text, words);
  add_assembly_constants(text, words);
  add_used_helpers(helper_declarations, words);
  return words;
}

identifier_set preprocess(const preprocess_request& request) {
  auto command = request.compiler;
  command.insert(command.end(),
                 {"-I" + request.marker_directory.string(), "-E", request.source.string()});
  const auto result = run_process(command);
  if (result.exit_status != 0)
    throw compile_failure(result.errors);
  return collect_identifiers(result.output);
}

}  // namespace ebpfkit::host
