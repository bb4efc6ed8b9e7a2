#include "support/file_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "support/failure.hpp"

namespace ebpfkit::host {

file_lock::file_lock(const std::filesystem::path& path, const std::function<void()>& on_wait) {
  const auto fail = [&](int error) {
    throw failure(
        fmt::format("cannot lock '{}': {}", path.string(), std::strerror(error)),
        "Name a directory where you may write, on a file system with locks: --cache DIR.");
  };
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  constexpr mode_t mode = 0666;
  file_ = file_descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode));
  if (file_.get() < 0)
    fail(error ? error.value() : errno);
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0)
    return;
  if (errno != EWOULDBLOCK)
    fail(errno);
  if (on_wait)
    on_wait();
  while (::flock(file_.get(), LOCK_EX) != 0) {
    if (errno != EINTR)
      fail(errno);
  }
}

}  // namespace ebpfkit::host
