#include "sources/depfile.hpp"

#include <string>
#include <string_view>

#include "support/depfile.hpp"

namespace ebpfkit::host {

std::string absolute_depfile(std::string_view depfile, std::string_view target,
                             const std::filesystem::path& directory) {
  auto text = escaped_for_depfile(target) + ":";
  for (const auto path : escaped_depfile_inputs(depfile)) {
    text += " \\\n  ";
    if (!path.starts_with('/'))
      text += escaped_for_depfile(directory.string()) + '/';
    text += path;
  }
  return text + '\n';
}

}  // namespace ebpfkit::host
