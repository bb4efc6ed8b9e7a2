#include "templates/project_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/nearest_names.hpp"
#include "support/package_files.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

constexpr const char* common_name = "common";
constexpr const char* about_name = "about.txt";

std::string text_of_file(const fs::path& path) {
  return std::string(as_text(read_file(path)));
}

// Adds the files below `directory` to `files`, by their relative paths. Replaces what is there.
void add_files(std::map<fs::path, std::string>& files, const fs::path& directory) {
  std::error_code error;
  fs::recursive_directory_iterator entry(directory, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const auto type = entry->symlink_status(error).type();
    if (error)
      break;
    if (type == fs::file_type::directory)
      continue;
    if (type != fs::file_type::regular)
      throw failure(
          fmt::format("new: '{}' is neither a file nor a directory", entry->path().string()),
          "A template has files and directories only.");
    const auto path = entry->path().lexically_relative(directory);
    if (path != about_name)
      files[path] = text_of_file(entry->path());
  }
  if (error)
    throw failure(
        fmt::format("new: cannot read the template '{}': {}", directory.string(), error.message()));
}

}  // namespace

template_directory::template_directory(fs::path directory) : directory_(std::move(directory)) {
  std::error_code ignored;
  if (!fs::is_directory(directory_ / common_name, ignored))
    throw failure(
        fmt::format("new: '{}' has no directory '{}'", directory_.string(), common_name),
        "Name a directory of templates: --templates <EbpfKit's sources>/templates/projects.");
}

template_directory template_directory::installed() {
  return template_directory(package_root() / "templates" / "projects");
}

fs::path template_directory::presets() {
  auto path = package_root() / "presets" / "openwrt.json";
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) ? path : fs::path();
}

std::vector<project_template> template_directory::list() const {
  std::vector<project_template> found;
  std::error_code error;
  fs::directory_iterator entry(directory_, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const auto about = entry->path() / about_name;
    std::error_code ignored;
    if (!fs::is_regular_file(about, ignored))
      continue;
    const auto text = text_of_file(about);
    found.push_back({entry->path().filename().string(), text.substr(0, text.find('\n'))});
  }
  if (error)
    throw failure(fmt::format("new: cannot read the directory '{}': {}", directory_.string(),
                              error.message()));
  std::ranges::sort(found, {}, &project_template::name);
  return found;
}

void template_directory::require(std::string_view name) const {
  const auto all = list();
  if (std::ranges::find(all, name, &project_template::name) != all.end())
    return;
  std::vector<std::string_view> names;
  std::string known;
  for (const auto& known_template : all) {
    names.push_back(known_template.name);
    known += (known.empty() ? "" : ", ") + known_template.name;
  }
  throw failure(
      fmt::format("new: there is no template '{}'{}", printable(name),
                  nearest_names_hint(name, names)),
      fmt::format("The templates are {}. `ebpfkit new --list` tells what they make.", known));
}

std::vector<project_file> template_directory::read(std::string_view name) const {
  require(name);
  std::map<fs::path, std::string> files;
  add_files(files, directory_ / common_name);
  add_files(files, directory_ / name);
  std::vector<project_file> sorted;
  for (auto& [path, text] : files)
    sorted.push_back({path, std::move(text)});
  return sorted;
}

}  // namespace ebpfkit::host
