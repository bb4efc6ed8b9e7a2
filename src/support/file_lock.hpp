// A lock between processes.
#pragma once

#include <filesystem>
#include <functional>

#include "support/file_descriptor.hpp"

namespace ebpfkit::host {

// Holds a lock (flock(2)) on a file until it is destroyed or the process ends, however it ends.
// Programs that the process starts do not hold it.
class file_lock {
 public:
  // Makes the file and its directory when they are not there. Waits while another process holds the
  // lock; before that, calls `on_wait`. Throws `failure` when the file cannot be made or locked.
  explicit file_lock(const std::filesystem::path& path, const std::function<void()>& on_wait = {});

 private:
  file_descriptor file_;
};

}  // namespace ebpfkit::host
