// The names of functions that a process compiles while it runs, as Java, Node.js and others write
// them for perf: a line has begin and size in hexadecimal digits, and the name.
// tools/perf/Documentation/jit-interface.txt in the sources of Linux.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace ebpfkit::detail {

struct compiled_function {
  std::uint64_t begin = 0;
  std::uint64_t size = 0;
  std::string name{};
};

class perf_map {
 public:
  // Reads nothing yet. The path is that in the container of the process, with its number there.
  explicit perf_map(pid_t process);

  // Reads what the process has written since the last call, then finds the function that has the
  // address. Of functions that were at one place one after the other it knows the last. Null when
  // there is none, or no file that belongs to the user of the process or to root.
  const compiled_function* find(std::uint64_t address);

  const std::string& path() const noexcept { return path_; }

 private:
  void read_news();
  void take_line(std::string_view line);

  std::string directory_;  // /proc/<pid>
  std::string path_;       // as the process names it
  std::uint64_t inode_ = 0;
  std::uint64_t position_ = 0;
  std::string incomplete_line_{};
  std::map<std::uint64_t, compiled_function> functions_{};  // by begin
};

}  // namespace ebpfkit::detail
