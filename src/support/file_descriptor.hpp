// Owns an open file.
#pragma once

#include <unistd.h>

#include <utility>

namespace ebpfkit::host {

class file_descriptor {
 public:
  explicit file_descriptor(int number = -1) : number_(number) {}
  ~file_descriptor() {
    if (number_ >= 0)
      ::close(number_);
  }
  file_descriptor(file_descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  file_descriptor& operator=(file_descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }

  int get() const { return number_; }

  // Returns false and sets errno when closing fails: some file systems (NFS, quotas) report a
  // failed write only now.
  bool close() { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

}  // namespace ebpfkit::host
