// The files that a process has mapped.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>

#include "../system/unique_fd.hpp"

namespace ebpfkit::detail {

class mapped_files {
 public:
  // Reads /proc/<pid>/maps. Without rights it knows no files.
  explicit mapped_files(pid_t process);

  // Opens the file that is mapped at an address, and no other that has its path by now or for this
  // process. `begin`: where the first mapping of the file begins. `name`: what /proc/<pid>/maps
  // calls it. The result has no descriptor when the file cannot be reached, or is a device.
  unique_fd open_file(std::uint64_t begin, const std::string& name) const;

  // Where the file is for this process, so that files with debug information are found beside it.
  std::string path_from_here(const std::string& name) const;

 private:
  struct mapping {
    std::uint64_t end = 0;
    std::uint64_t inode = 0;
  };

  std::string directory_;  // /proc/<pid>
  std::map<std::uint64_t, mapping> mappings_{};
};

}  // namespace ebpfkit::detail
