#include "machine/initramfs.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <vector>

#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

// A field is a number in eight hexadecimal digits.
constexpr std::uint64_t largest_file = 0xffffffff;
constexpr std::size_t alignment = 4;

void pad(std::string& archive) {
  archive.append((alignment - archive.size() % alignment) % alignment, '\0');
}

std::string_view without_slash(std::string_view path) {
  while (!path.empty() && path.front() == '/')
    path.remove_prefix(1);
  return path;
}

}  // namespace

void initramfs::add_entry(std::string_view path, std::uint32_t mode, std::string_view content,
                          std::uint32_t device_major, std::uint32_t device_minor) {
  const auto name = without_slash(path);
  if (content.size() > largest_file)
    throw failure(fmt::format("'{}' has {} bytes, too many for the machine's files",
                              printable(path), content.size()));
  const std::uint32_t links = S_ISDIR(mode) ? 2 : 1;
  // Owner and group are root, the time is 0, and the device of the file system is 0.
  archive_ += fmt::format(
      "070701{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}",
      next_inode_++, mode, 0, 0, links, 0, content.size(), 0, 0, device_major, device_minor,
      name.size() + 1, 0);
  archive_ += name;
  archive_ += '\0';
  pad(archive_);
  archive_ += content;
  pad(archive_);
}

void initramfs::add_directories_above(std::string_view path) {
  path = without_slash(path);
  for (auto slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/', slash + 1))
    add_directory(path.substr(0, slash));
}

void initramfs::add_directory(std::string_view path) {
  const auto name = without_slash(path);
  if (name.empty() || directories_.contains(name))
    return;
  add_directories_above(name);
  directories_.emplace(name);
  add_entry(name, S_IFDIR | 0755, {});
}

void initramfs::add_file(std::string_view path, std::string_view content,
                         std::uint32_t permissions) {
  add_directories_above(path);
  files_.emplace(without_slash(path));
  add_entry(path, S_IFREG | permissions, content);
}

bool initramfs::has(std::string_view path) const {
  return files_.contains(without_slash(path));
}

void initramfs::add_link(std::string_view path, std::string_view target) {
  add_directories_above(path);
  add_entry(path, S_IFLNK | 0777, target);
}

void initramfs::add_character_device(std::string_view path, std::uint32_t major,
                                     std::uint32_t minor) {
  add_directories_above(path);
  add_entry(path, S_IFCHR | 0600, {}, major, minor);
}

void initramfs::add_from(const fs::path& source, std::string_view path) {
  std::error_code error;
  const auto status = fs::status(source, error);
  if (fs::is_directory(status)) {
    add_directory(path);
    std::vector<fs::path> entries;
    for (fs::directory_iterator entry(source, error), end; !error && entry != end;
         entry.increment(error))
      entries.push_back(entry->path());
    if (error)
      throw failure(
          fmt::format("cannot read the directory '{}': {}", source.string(), error.message()));
    std::sort(entries.begin(), entries.end());
    for (const auto& entry : entries) {
      const auto name = fmt::format("{}/{}", path, entry.filename().string());
      if (fs::is_symlink(entry))
        add_link(name, fs::read_symlink(entry).string());
      else
        add_from(entry, name);
    }
    return;
  }
  const auto content = read_file(source);
  const bool is_program = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
  add_file(path, as_text(content), is_program ? 0755 : 0644);
}

std::string initramfs::finish() const {
  initramfs end;
  end.add_entry("TRAILER!!!", 0, {});
  return archive_ + end.archive_;
}

}  // namespace ebpfkit::host
