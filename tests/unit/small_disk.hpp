// A file system that is soon full.
#pragma once

#include <sched.h>
#include <sys/mount.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>

namespace ebpfkit::test {

// Mounts a file system of `pages` pages, which only this process and its children see.
class small_disk {
 public:
  small_disk(std::filesystem::path directory, std::size_t pages)
      : directory_(std::move(directory)) {
    std::filesystem::create_directories(directory_);
    is_mounted_ = ::unshare(CLONE_NEWNS) == 0 &&
                  ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                  ::mount("tmpfs", directory_.c_str(), "tmpfs", 0, blocks(pages).c_str()) == 0;
  }
  ~small_disk() {
    if (is_mounted_)
      ::umount2(directory_.c_str(), MNT_DETACH);
  }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;
  bool is_mounted() const { return is_mounted_; }

  // Gives the file system more pages and keeps its files.
  bool grow(std::size_t pages) const {
    return ::mount("none", directory_.c_str(), nullptr, MS_REMOUNT, blocks(pages).c_str()) == 0;
  }

 private:
  static std::string blocks(std::size_t pages) { return "nr_blocks=" + std::to_string(pages); }

  std::filesystem::path directory_;
  bool is_mounted_ = false;
};

}  // namespace ebpfkit::test
