// Ownership of a file descriptor, and system calls whose failure is an exception.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace kernel_watch {

// Closes the descriptor when it goes out of scope.
class unique_fd {
 public:
  explicit unique_fd(int descriptor = -1) noexcept : descriptor_(descriptor) {}
  ~unique_fd() { reset(); }
  unique_fd(unique_fd&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    reset();
    descriptor_ = std::exchange(other.descriptor_, -1);
    return *this;
  }

  int get() const noexcept { return descriptor_; }

  void reset() noexcept {
    if (descriptor_ >= 0)
      ::close(std::exchange(descriptor_, -1));
  }

 private:
  int descriptor_;
};

// Throws std::system_error with errno's current value.
[[noreturn]] inline void throw_errno(const std::string& operation) {
  throw std::system_error(errno, std::generic_category(), operation);
}

// Returns the result of a system call. For -1, throws std::system_error that names `operation`.
template <class Integer>
Integer check_call(Integer call_result, const std::string& operation) {
  if (call_result == -1)
    throw_errno(operation);
  return call_result;
}

}  // namespace kernel_watch
