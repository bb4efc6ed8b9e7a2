#include "sources/identifiers.hpp"

#include <algorithm>

#include "sources/lexer.hpp"
#include "sources/uapi_macros.hpp"
#include "support/process.hpp"

namespace ebpfkit::host {
namespace {

void add_words(std::string_view text, identifier_set& words) {
  const auto content = read_source(text);
  for (const auto word : content.words) {
    if (!words.contains(word))
      words.emplace(word);
  }
  add_declarations(content, words);
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
