#include "mapped_files.hpp"

#include <fcntl.h>
#include <linux/limits.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "../system/text.hpp"
#include "../system/unique_fd.hpp"

namespace ebpfkit::detail {
namespace {

// What the kernel writes behind the path of a file that has no name any more (d_path() in
// fs/d_path.c).
constexpr std::string_view deleted_mark = " (deleted)";

struct stream_closer {
  void operator()(FILE* stream) const noexcept { fclose(stream); }
};

std::string target_of(const std::string& link) {
  char target[PATH_MAX];
  const ssize_t size = readlink(link.c_str(), target, sizeof(target));
  return size < 0 ? std::string() : std::string(target, static_cast<std::size_t>(size));
}

// Opens a regular file. Nothing else is even opened: a pipe could wait for a writer, and a device
// do something. statx(), because fstat() of 32-bit programs fails for large numbers of inodes.
unique_fd open_regular(const std::string& path, const std::uint64_t* inode) {
  struct statx status = {};
  if (statx(AT_FDCWD, path.c_str(), 0, STATX_TYPE | STATX_INO, &status) != 0 ||
      !S_ISREG(status.stx_mode) || (inode && status.stx_ino != *inode))
    return {};
  unique_fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  // Somebody may have put another file there in between.
  struct statx opened = {};
  if (!file || statx(file.get(), "", AT_EMPTY_PATH, STATX_TYPE | STATX_INO, &opened) != 0 ||
      !S_ISREG(opened.stx_mode) || opened.stx_ino != status.stx_ino)
    return {};
  return file;
}

}  // namespace

mapped_files::mapped_files(pid_t process)
    : directory_(formatted("/proc/%d", static_cast<int>(process))) {
  const std::unique_ptr<FILE, stream_closer> maps(fopen((directory_ + "/maps").c_str(), "re"));
  char line[PATH_MAX];
  bool is_beginning = true;
  while (maps && fgets(line, sizeof(line), maps.get())) {
    std::uint64_t begin = 0;
    mapping one;
    // The rest of a line that is longer has none of these numbers.
    if (is_beginning && sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %*x %*x:%*x %" SCNu64, &begin,
                               &one.end, &one.inode) == 3)
      mappings_[begin] = one;
    is_beginning = std::string_view(line).find('\n') != std::string_view::npos;
  }
}

unique_fd mapped_files::open_file(std::uint64_t begin, const std::string& name) const {
  const auto found = mappings_.find(begin);
  if (found == mappings_.end())
    return {};
  // This is the mapped file itself, whatever became of its path. The kernel asks for
  // CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN (proc_map_files_get_link() in fs/proc/base.c). If the
  // process has ended, another may have its number.
  const auto entry =
      formatted("%s/map_files/%" PRIx64 "-%" PRIx64, directory_.c_str(), begin, found->second.end);
  if (target_of(entry) == name)
    if (auto file = open_regular(entry, nullptr))
      return file;
  // The path may belong to another file for this process, or inside of the container, or by now.
  // The device is not compared: btrfs and overlayfs show others in maps than to stat().
  for (const auto& path : {directory_ + "/exe", directory_ + "/root" + name, name})
    if (auto file = open_regular(path, &found->second.inode))
      return file;
  return {};
}

std::string mapped_files::path_from_here(const std::string& name) const {
  auto path = name;
  if (path.size() > deleted_mark.size() &&
      path.compare(path.size() - deleted_mark.size(), deleted_mark.size(), deleted_mark) == 0)
    path.resize(path.size() - deleted_mark.size());
  const auto inside = directory_ + "/root" + path;
  return access(inside.c_str(), F_OK) == 0 ? inside : path;
}

}  // namespace ebpfkit::detail
