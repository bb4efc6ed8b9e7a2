#include "descriptor_target.hpp"

#include <stdio.h>
#include <unistd.h>

#include <cstddef>
#include <string_view>

namespace ebpfkit::detail {

std::string_view descriptor_target(int fd, char (&buffer)[64]) noexcept {
  char path[32];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  const auto size = readlink(path, buffer, sizeof(buffer));
  return {buffer, size > 0 ? static_cast<std::size_t>(size) : 0};
}

}  // namespace ebpfkit::detail
