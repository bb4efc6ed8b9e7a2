#include "machine/processor_wait.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace ebpfkit::host {

std::chrono::nanoseconds time_without_processor(pid_t process) {
  std::int64_t longest = 0;
  std::error_code error;
  std::filesystem::directory_iterator thread(fmt::format("/proc/{}/task", process), error);
  // A thread can end while its directory is read.
  for (; !error && thread != std::filesystem::directory_iterator(); thread.increment(error)) {
    std::ifstream counts(thread->path() / "schedstat");
    std::int64_t running = 0;
    std::int64_t waiting = 0;
    if (counts >> running >> waiting)
      longest = std::max(longest, waiting);
  }
  return std::chrono::nanoseconds(longest);
}

}  // namespace ebpfkit::host
