// A directory of a test's own.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace ebpfkit::test {

// A new directory with a blank in its name. The destructor removes it and all that is in it.
class temporary_directory {
 public:
  // `begin` is the beginning of the name.
  explicit temporary_directory(std::string_view begin = "ebpfkit test ") {
    // mkdtemp(3) replaces six characters that must be X.
    auto name = (std::filesystem::temp_directory_path() / begin).string();
    name.append(6, 'X');
    if (!mkdtemp(name.data()))
      throw std::runtime_error("no temporary directory: " + name);
    path_ = name;
  }
  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  // Writes a file into the directory and returns its path.
  std::filesystem::path write(std::string_view name, std::string_view content) const {
    const auto path = path_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace ebpfkit::test
