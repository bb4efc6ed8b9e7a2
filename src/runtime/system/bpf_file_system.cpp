#include "bpf_file_system.hpp"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "text.hpp"

namespace ebpfkit::detail {
namespace {

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos)
    return ".";
  return slash == 0 ? "/" : std::string(path, 0, slash);
}

bool is_bpf_file_system(const struct statfs& about) {
  return static_cast<std::uint32_t>(about.f_type) == BPF_FS_MAGIC;
}

}  // namespace

bool is_in_bpf_file_system(const std::string& path) {
  struct statfs about {};
  return statfs(directory_of(path).c_str(), &about) == 0 && is_bpf_file_system(about);
}

int pin_at(int fd, const std::string& path) {
  if (bpf_obj_pin(fd, path.c_str()) == 0)
    return 0;
  const int code = errno;
  const auto directory = directory_of(path);
  if (code != ENOENT || !is_in_bpf_file_system(directory))
    return code;
  const bool is_made = mkdir(directory.c_str(), S_IRWXU) == 0;
  if (!is_made && errno != EEXIST)
    return code;
  if (bpf_obj_pin(fd, path.c_str()) == 0)
    return 0;
  const int second = errno;
  if (is_made)
    rmdir(directory.c_str());
  return second;
}

std::string pin_path_remedy(const std::string& path) {
  const auto directory = directory_of(path);
  struct statfs about {};
  const bool exists = statfs(directory.c_str(), &about) == 0;
  if (!exists && errno == EACCES)
    return {};
  if (!exists)
    return formatted(
        "The directory '%s' does not exist: make it in a BPF file system (mount -t bpf bpf "
        "/sys/fs/bpf).",
        directory.c_str());
  if (!is_bpf_file_system(about))
    return formatted(
        "'%s' is not in a BPF file system: mount -t bpf bpf /sys/fs/bpf, and choose a path there.",
        directory.c_str());
  // The kernel reserves such names (bpf_lookup() in kernel/bpf/inode.c).
  if (path.find('.', path.rfind('/') + 1) != std::string::npos)
    return formatted("Names in a BPF file system must not have dots: '%s' has one.", path.c_str());
  return {};
}

}  // namespace ebpfkit::detail
