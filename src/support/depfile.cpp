#include "support/depfile.hpp"

#include <fmt/format.h>

#include <cstddef>

namespace ebpfkit::host {

namespace {

// Cuts the next path off `text` and returns it, still escaped. Returns an empty path at the end.
std::string_view take_path(std::string_view& text) {
  std::size_t start = 0;
  while (start < text.size() && (text[start] == ' ' || text[start] == '\n' || text[start] == '\t' ||
                                 text.substr(start, 2) == "\\\n"))
    start += text[start] == '\\' ? 2 : 1;
  auto end = start;
  while (end < text.size() && text[end] != ' ' && text[end] != '\n' && text[end] != '\t') {
    if (text.substr(end, 2) == "\\\n")
      break;
    end += text[end] == '\\' && end + 1 < text.size() ? 2 : 1;
  }
  const auto path = text.substr(start, end - start);
  text.remove_prefix(end);
  return path;
}

// Undoes escaped_for_depfile().
std::string without_escapes(std::string_view escaped) {
  std::string path;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    const char c = escaped[i];
    const bool is_doubled = c == '$' && i + 1 < escaped.size() && escaped[i + 1] == '$';
    if (is_doubled)
      ++i;
    if (c == '#' && path.ends_with('\\'))
      path.pop_back();
    if (c == ' ') {
      const auto last = path.find_last_not_of('\\');
      const auto backslashes = path.size() - (last == std::string::npos ? 0 : last + 1);
      path.resize(path.size() - backslashes / 2 - backslashes % 2);
    }
    path += c;
  }
  return path;
}

}  // namespace

std::string escaped_for_depfile(std::string_view path) {
  std::string text;
  std::size_t backslashes = 0;  // directly before the character
  for (const char c : path) {
    if (c == ' ')
      text.append(backslashes + 1, '\\');
    else if (c == '#')
      text += '\\';
    else if (c == '$')
      text += '$';
    text += c;
    backslashes = c == '\\' ? backslashes + 1 : 0;
  }
  return text;
}

std::string make_depfile(const std::filesystem::path& output,
                         std::span<const std::filesystem::path> inputs) {
  auto text = escaped_for_depfile(std::filesystem::absolute(output).string()) + ":";
  for (const auto& input : inputs)
    text += " \\\n " + escaped_for_depfile(std::filesystem::absolute(input).string());
  return text + "\n";
}

std::string make_depfile_by_hand(std::span<const std::filesystem::path> outputs,
                                 std::span<const std::filesystem::path> inputs) {
  std::string rule;
  std::string phony;
  for (const auto& output : outputs)
    rule += fmt::format("{}{}", rule.empty() ? "" : " ", escaped_for_depfile(output.string()));
  rule += ':';
  for (const auto& input : inputs) {
    const auto name = escaped_for_depfile(std::filesystem::absolute(input).string());
    rule += " \\\n " + name;
    phony += fmt::format("\n{}:\n", name);
  }
  return rule + "\n" + phony;
}

std::vector<std::string_view> escaped_depfile_inputs(std::string_view depfile) {
  // The target ends at the first colon that is followed by white space.
  std::size_t colon = depfile.find(':');
  while (colon != std::string_view::npos && colon + 1 < depfile.size() &&
         depfile[colon + 1] != ' ' && depfile[colon + 1] != '\n' && depfile[colon + 1] != '\\')
    colon = depfile.find(':', colon + 1);
  auto rest = colon == std::string_view::npos ? std::string_view() : depfile.substr(colon + 1);
  std::vector<std::string_view> paths;
  for (auto path = take_path(rest); !path.empty(); path = take_path(rest))
    paths.push_back(path);
  return paths;
}

std::vector<std::filesystem::path> depfile_inputs(std::string_view depfile) {
  std::vector<std::filesystem::path> paths;
  for (const auto path : escaped_depfile_inputs(depfile))
    paths.emplace_back(without_escapes(path));
  return paths;
}

}  // namespace ebpfkit::host
