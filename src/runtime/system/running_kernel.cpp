#include "running_kernel.hpp"

#include <stdio.h>
#include <sys/utsname.h>

#include <string>

#include "text.hpp"

namespace ebpfkit::detail {

std::string running_kernel_release() {
  utsname running{};
  if (uname(&running) != 0)
    return {};
  return running.release;
}

kernel_version running_kernel_version() {
  kernel_version found;
  if (sscanf(running_kernel_release().c_str(), "%hu.%hu", &found.version, &found.patchlevel) != 2)
    return {};
  return found;
}

bool is_older(kernel_version a, kernel_version b) noexcept {
  return a.version != b.version ? a.version < b.version : a.patchlevel < b.patchlevel;
}

std::string if_older_than(kernel_version needed, const char* what) {
  const auto running = running_kernel_version();
  if (running.version == 0 || !is_older(running, needed))
    return {};
  return formatted("%s need Linux %hu.%hu; this is Linux %s.", what, needed.version,
                   needed.patchlevel, running_kernel_release().c_str());
}

}  // namespace ebpfkit::detail
