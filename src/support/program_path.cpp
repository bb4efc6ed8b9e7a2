#include "support/program_path.hpp"

#include <unistd.h>

#include <cstdlib>
#include <system_error>

#include "support/text.hpp"

namespace ebpfkit::host {

std::filesystem::path find_program(std::string_view name) {
  const char* directories = std::getenv("PATH");
  if (directories == nullptr)
    return {};
  for (const auto& directory : split_text(directories, ':')) {
    const auto path = std::filesystem::path(directory) / name;
    std::error_code error;
    if (path.is_absolute() && std::filesystem::is_regular_file(path, error) &&
        ::access(path.c_str(), X_OK) == 0)
      return path;
  }
  return {};
}

}  // namespace ebpfkit::host
