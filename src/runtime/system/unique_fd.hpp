// Owns a file descriptor.
#pragma once

#include <errno.h>
#include <unistd.h>

#include <utility>

namespace ebpfkit::detail {

// A file descriptor that the destructor closes, or the errno of the system call that failed to make
// one.
class [[nodiscard]] unique_fd {
 public:
  unique_fd() = default;
  // Takes what a system call returned. If that is negative, keeps errno.
  explicit unique_fd(int returned) noexcept : fd_(returned), code_(returned < 0 ? errno : 0) {}
  unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)), code_(other.code_) {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(code_, other.code_);
    return *this;
  }
  ~unique_fd() {
    if (fd_ >= 0)
      close(fd_);
  }

  explicit operator bool() const noexcept { return fd_ >= 0; }
  int get() const noexcept { return fd_; }
  int code() const noexcept { return code_; }
  // Gives up ownership: the caller closes the descriptor.
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
  int code_ = 0;
};

}  // namespace ebpfkit::detail
