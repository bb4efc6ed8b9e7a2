// Pins need a BPF file system; tests have one of their own.
#pragma once

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace ebpfkit::test {

// A new BPF file system, mounted in a mount namespace of this thread and its children alone, so
// that the system's stays as it is. Gone with the object.
class own_bpf_file_system {
 public:
  own_bpf_file_system() {
    auto name = (std::filesystem::temp_directory_path() / "ebpfkit-bpf-XXXXXX").string();
    if (!mkdtemp(name.data()))
      return;
    path_ = name;
    is_mounted_ = unshare(CLONE_NEWNS) == 0 &&
                  mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                  mount("bpf", path_.c_str(), "bpf", 0, "mode=0755") == 0;
  }
  ~own_bpf_file_system() {
    if (is_mounted_)
      umount2(path_.c_str(), MNT_DETACH);
    if (!path_.empty())
      rmdir(path_.c_str());
  }
  own_bpf_file_system(const own_bpf_file_system&) = delete;
  own_bpf_file_system& operator=(const own_bpf_file_system&) = delete;

  bool is_mounted() const { return is_mounted_; }
  std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
  bool is_mounted_ = false;
};

}  // namespace ebpfkit::test
