#include "support/file_state.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "support/failure.hpp"
#include "support/nearest_names.hpp"

namespace ebpfkit::host {

std::string file_state(const std::filesystem::path& path) {
  constexpr std::int64_t coarsest_time = 2;  // seconds
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    const int error = errno;
    throw failure(fmt::format("cannot read '{}': {}", path.string(), std::strerror(error)),
                  unreadable_file_remedy(path));
  }
  if (std::max(status.st_mtim.tv_sec, status.st_ctim.tv_sec) + coarsest_time >= ::time(nullptr))
    return {};
  return fmt::format("{}:{} {} {}.{:09} {}.{:09}", status.st_dev, status.st_ino, status.st_size,
                     status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
                     status.st_ctim.tv_nsec);
}

}  // namespace ebpfkit::host
