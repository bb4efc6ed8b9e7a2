// Pins need a BPF file system; tests have one of their own.
#pragma once

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <string>

#include "temporary_directory.hpp"

namespace ebpfkit::test {

// Mounts a new BPF file system in a mount namespace that only this thread and its children have, so
// that the system's stays as it is. The destructor unmounts it.
class own_bpf_file_system {
 public:
  own_bpf_file_system() {
    is_mounted_ = unshare(CLONE_NEWNS) == 0 &&
                  mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                  mount("bpf", directory_.path().c_str(), "bpf", 0, "mode=0755") == 0;
  }
  ~own_bpf_file_system() {
    if (is_mounted_)
      umount2(directory_.path().c_str(), MNT_DETACH);
  }
  own_bpf_file_system(const own_bpf_file_system&) = delete;
  own_bpf_file_system& operator=(const own_bpf_file_system&) = delete;

  bool is_mounted() const { return is_mounted_; }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }

 private:
  temporary_directory directory_;
  bool is_mounted_ = false;
};

}  // namespace ebpfkit::test
