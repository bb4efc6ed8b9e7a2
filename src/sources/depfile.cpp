#include "sources/depfile.hpp"

#include "support/depfile.hpp"

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

}  // namespace

std::string absolute_depfile(std::string_view depfile, std::string_view target,
                             const std::filesystem::path& directory) {
  auto text = escaped_for_depfile(target) + ":";
  // Compilers write one rule. Its target ends at the first colon that is followed by white space.
  std::size_t colon = depfile.find(':');
  while (colon != std::string_view::npos && colon + 1 < depfile.size() &&
         depfile[colon + 1] != ' ' && depfile[colon + 1] != '\n' && depfile[colon + 1] != '\\')
    colon = depfile.find(':', colon + 1);
  auto rest = colon == std::string_view::npos ? std::string_view() : depfile.substr(colon + 1);
  for (auto path = take_path(rest); !path.empty(); path = take_path(rest)) {
    text += " \\\n  ";
    if (!path.starts_with('/'))
      text += escaped_for_depfile(directory.string()) + '/';
    text += path;
  }
  return text + '\n';
}

}  // namespace ebpfkit::host
