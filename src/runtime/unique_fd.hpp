// A file descriptor and its end.
#pragma once

#include <unistd.h>

#include <utility>

namespace ebpfkit::detail {

class unique_fd {
 public:
  // A negative number, as functions that failed give it, is no file.
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

  explicit operator bool() const noexcept { return number_ >= 0; }
  int get() const noexcept { return number_; }

 private:
  int number_;
};

}  // namespace ebpfkit::detail
