#include "support/package_files.hpp"

#include <fmt/format.h>

#include <system_error>

#include "support/failure.hpp"

namespace ebpfkit::host {

std::filesystem::path package_root() {
  std::error_code error;
  const auto tool = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error)
    throw failure(fmt::format("cannot find the tool's own path in /proc: {}", error.message()),
                  "Mount /proc.");
  return (tool.parent_path() / EBPFKIT_ROOT_FROM_TOOL).lexically_normal();
}

}  // namespace ebpfkit::host
