// Owns a file descriptor.
#pragma once

#include <unistd.h>

#include <utility>

namespace ebpfkit::detail {

// Of file descriptors that are not negative.
class unique_fd {
 public:
  explicit unique_fd(int number = -1) noexcept : number_(number) {}
  unique_fd(unique_fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~unique_fd() {
    if (number_ >= 0)
      close(number_);
  }
  int get() const noexcept { return number_; }
  explicit operator bool() const noexcept { return number_ >= 0; }

 private:
  int number_;
};

}  // namespace ebpfkit::detail
