#include "support/depfile.hpp"

#include <cstddef>

namespace ebpfkit::host {

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

}  // namespace ebpfkit::host
