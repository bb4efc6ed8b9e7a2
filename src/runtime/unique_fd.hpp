// A file descriptor and its end.
#pragma once

#include <unistd.h>

namespace ebpfkit::detail {

class unique_fd {
 public:
  // A negative number, as functions that failed give it, is no file.
  explicit unique_fd(int number) noexcept : number_(number) {}
  ~unique_fd() {
    if (number_ >= 0)
      close(number_);
  }
  unique_fd(const unique_fd&) = delete;
  unique_fd& operator=(const unique_fd&) = delete;

  explicit operator bool() const noexcept { return number_ >= 0; }
  int get() const noexcept { return number_; }

 private:
  int number_;
};

}  // namespace ebpfkit::detail
