#include "sysroot/sysroot_store.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <system_error>
#include <utility>

#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/file_lock.hpp"
#include "support/temporary_entry.hpp"
#include "support/text.hpp"
#include "sysroot/targets.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t digits_of_digest = 16;
constexpr std::size_t lines_shown = 5;

bool is_digest(std::string_view text) {
  return text.size() == digits_of_digest && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// The sizes and times of all files, and the names of all entries.
std::string states_of_files(const fs::path& root) {
  std::vector<std::string> lines;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(root, error), end; !error && entry != end;
       entry.increment(error)) {
    struct stat status {};
    if (::lstat(entry->path().c_str(), &status) != 0 || S_ISDIR(status.st_mode))
      continue;
    lines.push_back(fmt::format("{} {} {}.{} {}.{} {}", status.st_size, status.st_ino,
                                status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                                status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
                                entry->path().lexically_relative(root).generic_string()));
  }
  std::ranges::sort(lines);
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

fs::path state_path(const fs::path& directory) {
  auto path = directory;
  path += ".state";
  return path;
}

std::string text_if_any(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error))
    return {};
  const auto bytes = read_file(path);
  return std::string(as_text(bytes));
}

stored_sysroot read_stored(const fs::path& directory) {
  stored_sysroot found;
  found.directory = directory;
  const auto name = directory.filename().string();
  const auto dash = name.rfind('-');
  found.target = name.substr(0, dash);
  found.digest = name.substr(dash + 1);
  try {
    found.manifest = read_manifest(directory);
    for (const auto& file : found.manifest->files)
      found.size += file.size;
  } catch (const failure& problem) {
    found.problem = problem.what();
  }
  return found;
}

bool is_sysroot_name(std::string_view name) {
  const auto dash = name.rfind('-');
  return dash != std::string_view::npos && is_digest(name.substr(dash + 1)) &&
         std::ranges::find(targets(), name.substr(0, dash), &target_row::name) != targets().end();
}

}  // namespace

fs::path sysroot_store::directory(std::string_view target, std::string_view digest) const {
  return cache_ / "sysroots" / fmt::format("{}-{}", target, digest.substr(0, digits_of_digest));
}

fs::path sysroot_store::lock_path(std::string_view target) const {
  return cache_ / "locks" / fmt::format("sysroot-{}", target);
}

std::vector<stored_sysroot> sysroot_store::list() const {
  std::vector<fs::path> directories;
  std::error_code error;
  for (fs::directory_iterator entry(cache_ / "sysroots", error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_directory() && is_sysroot_name(entry->path().filename().native()))
      directories.push_back(entry->path());
  }
  std::ranges::sort(directories);
  std::vector<stored_sysroot> found;
  for (const auto& one : directories)
    found.push_back(read_stored(one));
  return found;
}

std::vector<stored_sysroot> sysroot_store::find(const std::string& word) const {
  std::error_code error;
  if (word.find('/') != std::string::npos || fs::is_directory(word, error)) {
    const auto path = fs::canonical(word, error);
    if (error)
      throw failure(fmt::format("there is no sysroot '{}'", word),
                    "ebpfkit sysroot list shows those in the cache.");
    if (!is_sysroot_name(path.filename().native()) ||
        path.parent_path() != fs::weakly_canonical(cache_ / "sysroots", error))
      throw failure(
          fmt::format("'{}' is not the directory of a sysroot in the cache '{}'", word,
                      cache_.string()),
          "ebpfkit sysroot list shows those in the cache. Name another cache with --cache.");
    return {read_stored(path)};
  }
  const auto& target = find_target(word);
  auto found = list();
  std::erase_if(found, [&](const auto& one) { return one.target != target.name; });
  if (found.empty())
    throw failure(fmt::format("the cache '{}' has no sysroot of {}", cache_.string(), target.name),
                  fmt::format("Make one: ebpfkit sysroot build {}.", target.name));
  return found;
}

void sysroot_store::remove(const stored_sysroot& sysroot) const {
  const auto parent = sysroot.directory.parent_path();
  const file_lock lock(lock_path(sysroot.target));
  std::error_code error;
  fs::remove(state_path(sysroot.directory), error);
  // The new name is that of a temporary directory, so that what a killed process leaves is removed
  // later.
  const temporary_entry place(parent, temporary_entry::type::directory);
  fs::rename(sysroot.directory, place.path() / "removed", error);
  if (!error)
    fs::remove_all(place.path(), error);
  if (error)
    throw failure(
        fmt::format("cannot remove '{}': {}", sysroot.directory.string(), error.message()),
        "Remove the directory by hand.");
}

void sysroot_store::remember(const fs::path& directory) const {
  write_output(state_path(directory), states_of_files(directory), unchanged::keep);
}

void sysroot_store::check(const fs::path& directory) const {
  if (text_if_any(state_path(directory)) == states_of_files(directory))
    return;
  const auto differences = find_differences(directory, read_manifest(directory));
  if (differences.empty()) {
    // A copy of the cache, or a file that was touched.
    remember(directory);
    return;
  }
  const auto shown = std::min(differences.size(), lines_shown);
  throw failure(
      fmt::format(
          "files of the sysroot '{}' are not as they were made:\n  {}{}", directory.string(),
          fmt::join(differences.begin(), differences.begin() + static_cast<std::ptrdiff_t>(shown),
                    "\n  "),
          differences.size() > shown ? fmt::format("\n  and {} more", differences.size() - shown)
                                     : ""),
      fmt::format("Call `ebpfkit sysroot remove {}` and build it again.", directory.string()));
}

fs::path sysroot_store::find_request(const std::string& request_digest) const {
  auto name = text_if_any(cache_ / "requests" / request_digest);
  std::erase(name, '\n');
  if (!is_sysroot_name(name))
    return {};
  auto path = cache_ / "sysroots" / name;
  std::error_code error;
  return fs::is_directory(path, error) ? path : fs::path();
}

void sysroot_store::remember_request(const std::string& request_digest,
                                     const fs::path& directory) const {
  write_output(cache_ / "requests" / request_digest, directory.filename().string() + "\n",
               unchanged::keep);
}

}  // namespace ebpfkit::host
