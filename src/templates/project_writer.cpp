#include "templates/project_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "support/failure.hpp"
#include "support/file_descriptor.hpp"
#include "support/temporary_entry.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

constexpr const char* place_remedy =
    "Nothing was written. Move these files away, or name another directory: --directory DIR.";

[[noreturn]] void throw_unwritable(const fs::path& path, int error) {
  throw failure(fmt::format("new: cannot write '{}': {}", path.string(), std::strerror(error)),
                "Nothing was written. Make room there or get the right to write, or name another "
                "directory: --directory DIR.");
}

bool is_there(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0)
    return true;
  if (errno == ENOENT || errno == ENOTDIR)
    return false;
  throw_unwritable(path, errno);
}

// The part of `path` that keeps a file from being written: the file itself, or what is in the place
// of one of its directories. A link in such a place would lead to another directory.
std::optional<fs::path> obstacle(const fs::path& directory, const fs::path& path) {
  auto place = directory;
  for (const auto& part : path.parent_path()) {
    place /= part;
    if (!is_there(place))
      return {};
    if (!fs::is_directory(fs::symlink_status(place)))
      return place;
  }
  const auto file = directory / path;
  return is_there(file) ? std::optional(file) : std::nullopt;
}

// Writes a new file below the temporary directory. `shown` is its path in the project.
void write_new_file(const fs::path& path, std::string_view text, const fs::path& shown) {
  file_descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (file.get() < 0)
    throw_unwritable(shown, errno);
  while (!text.empty()) {
    const auto written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      throw_unwritable(shown, errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (!file.close())
    throw_unwritable(shown, errno);
}

void write_below(const fs::path& temporary, const fs::path& directory,
                 const std::vector<project_file>& files) {
  for (const auto& file : files) {
    const auto path = temporary / file.path;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error)
      throw_unwritable(directory / file.path, error.value());
    write_new_file(path, file.text, directory / file.path);
  }
}

// Makes a new directory beside or in the project's place.
temporary_entry make_temporary(const fs::path& parent, const fs::path& directory) {
  try {
    return temporary_entry(parent, temporary_entry::type::directory);
  } catch (const std::system_error& error) {
    throw_unwritable(directory, error.code().value());
  }
}

// Moves files into a directory that is there. The destructor takes back what was moved.
class moved_files {
 public:
  explicit moved_files(fs::path directory) : directory_(std::move(directory)) {}
  ~moved_files() {
    // The newest first: a directory is empty then, unless somebody else uses it.
    for (auto made = made_.rbegin(); made != made_.rend(); ++made)
      ::remove(made->c_str());
  }
  moved_files(const moved_files&) = delete;
  moved_files& operator=(const moved_files&) = delete;

  void move(const fs::path& temporary, const fs::path& path) {
    auto place = directory_;
    for (const auto& part : path.parent_path()) {
      place /= part;
      if (::mkdir(place.c_str(), 0777) == 0)
        made_.push_back(place);
      else if (errno != EEXIST)
        throw_unwritable(place, errno);
    }
    // rename(2) would replace a file that somebody has made since the look at the place. Not every
    // file system knows RENAME_NOREPLACE (EINVAL), but link(2) never replaces either.
    const auto from = temporary / path;
    const auto to = directory_ / path;
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0 &&
        (errno != EINVAL || ::link(from.c_str(), to.c_str()) != 0))
      throw_unwritable(to, errno);
    made_.push_back(to);
  }

  void keep() { made_.clear(); }

 private:
  fs::path directory_;
  std::vector<fs::path> made_;
};

}  // namespace

void check_project_place(const fs::path& directory, const std::vector<project_file>& files) {
  if (!is_there(directory))
    return;
  if (!fs::is_directory(directory))
    throw failure(fmt::format("new: '{}' is no directory", directory.string()), place_remedy);
  std::vector<std::string> found;
  for (const auto& file : files)
    if (const auto in_the_way = obstacle(directory, file.path))
      found.push_back(in_the_way->lexically_relative(directory).string());
  constexpr std::size_t shown = 5;
  if (!found.empty())
    throw failure(fmt::format("new: the directory '{}' has files that the project would have, too: "
                              "{}",
                              directory.string(), list_names(found, shown)),
                  place_remedy);
}

void write_project(const fs::path& directory, const std::vector<project_file>& files) {
  check_project_place(directory, files);
  if (is_there(directory)) {
    auto temporary = make_temporary(directory, directory);
    write_below(temporary.path(), directory, files);
    moved_files moved(directory);
    for (const auto& file : files)
      moved.move(temporary.path(), file.path);
    moved.keep();
    return;
  }
  const auto parent = directory.has_parent_path() ? directory.parent_path() : fs::path(".");
  if (!is_there(parent))
    throw failure(
        fmt::format("new: cannot write '{}': there is no directory '{}'", directory.string(),
                    parent.string()),
        "Nothing was written. Make that directory first, or name another one: --directory DIR.");
  auto temporary = make_temporary(parent, directory);
  write_below(temporary.path(), directory, files);
  // Only this user may enter a temporary directory. The project has the rights that mkdir(1) gives.
  const auto mask = ::umask(0);
  ::umask(mask);
  if (::chmod(temporary.path().c_str(), 0777 & ~mask) != 0)
    throw_unwritable(directory, errno);
  // Replaces nothing but an empty directory.
  if (::rename(temporary.path().c_str(), directory.c_str()) != 0)
    throw_unwritable(directory, errno);
  temporary.release();
}

}  // namespace ebpfkit::host
