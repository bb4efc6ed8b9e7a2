#include "tracefs.hpp"

#include <unistd.h>

#include <string>

#include "text.hpp"

namespace ebpfkit::detail {

std::string tracefs() {
  for (const char* path : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
    if (access(formatted("%s/events", path).c_str(), X_OK) == 0)
      return path;
  }
  return {};
}

std::string if_no_tracefs() {
  if (!tracefs().empty())
    return {};
  return "tracefs is not mounted, or not readable by this user: "
         "mount -t tracefs tracefs /sys/kernel/tracing.";
}

}  // namespace ebpfkit::detail
