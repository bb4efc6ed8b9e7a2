#include "sysroot/tree_copy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <system_error>

#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace fs = std::filesystem;

void install_text(const fs::path& to, std::string_view text) {
  write_output(to, text, unchanged::keep);
}

void install_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  if (!error)
    fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  constexpr auto mode = fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read |
                        fs::perms::others_read;
  if (!error)
    fs::permissions(to, mode, error);
  if (error)
    throw failure(
        fmt::format("cannot copy '{}' to '{}': {}", from.string(), to.string(), error.message()));
}

void install_tree(const fs::path& from, const fs::path& to,
                  const std::function<bool(std::string_view)>& is_wanted) {
  std::error_code error;
  for (fs::recursive_directory_iterator entry(from, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto name = entry->path().lexically_relative(from).generic_string();
    if (entry->is_regular_file() && is_wanted(name))
      install_file(entry->path(), to / name);
  }
  if (error)
    throw failure(
        fmt::format("cannot read the directory '{}': {}", from.string(), error.message()));
}

std::vector<fs::path> files_with_ending(const fs::path& directory,
                                        const std::vector<std::string_view>& endings) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (entry->is_regular_file() &&
        std::ranges::any_of(endings, [&](auto ending) { return name.ends_with(ending); }))
      files.push_back(entry->path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace ebpfkit::host
