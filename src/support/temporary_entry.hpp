// Temporary files and directories beside an output: new ones, and those that killed processes left.
#pragma once

#include <filesystem>
#include <string_view>

#include "support/file_descriptor.hpp"

namespace ebpfkit::host {

// True for the names of temporary entries: ".ebpfkit-", 32 hexadecimal digits, ".tmp".
bool is_temporary_name(std::string_view name);

// A new file, or a new directory that only this user can enter. Its name is random and does not
// depend on the output's name, so every output name that the file system allows works. The process
// holds a lock (flock(2)) on the entry until the entry or the process ends.
class temporary_entry {
 public:
  enum class type { file, directory };

  // Creates the entry. Never opens one that is there already, and follows no link. Throws
  // std::system_error. Before that, calls remove_abandoned_entries() once for each directory that
  // the process writes into.
  temporary_entry(const std::filesystem::path& directory, type made);

  // Removes the file, or the directory with all that is in it, unless it was released.
  ~temporary_entry();
  temporary_entry(const temporary_entry&) = delete;
  temporary_entry& operator=(const temporary_entry&) = delete;

  const std::filesystem::path& path() const { return path_; }
  file_descriptor& descriptor() { return descriptor_; }

  // Call this when the entry has another name now.
  void release() { path_.clear(); }

 private:
  std::filesystem::path path_;
  file_descriptor descriptor_;
};

// Removes the temporary entries in `directory` that nobody will use again: their names are
// temporary names, this user owns them, their times are more than a day away from now, and no
// process has them locked. The day protects entries on file systems without locks. Does not report
// errors, because the files do no harm.
void remove_abandoned_entries(const std::filesystem::path& directory);

}  // namespace ebpfkit::host
