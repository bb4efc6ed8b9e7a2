#include "inspect/pins.hpp"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>

#include "support/failure.hpp"
#include "support/file_descriptor.hpp"

namespace ebpfkit::host {

namespace fs = std::filesystem;

namespace {

// The first mounted bpffs.
fs::path first_bpffs() {
  const auto directories = bpffs_directories();
  if (directories.empty())
    throw failure("no bpffs is mounted, and pins are files in one",
                  "Mount it: mount -t bpf bpf /sys/fs/bpf");
  return directories.front();
}

const char* pin_remedy(int error, const fs::path& path) {
  if (error == EPERM && path.filename().string().find('.') != std::string::npos)
    return "bpffs allows no dots in names: choose another PIN=<path> (--pin).";
  if (error == EPERM || error == EACCES)
    return "Run it as root.";
  return "Choose another PIN=<path> (--pin).";
}

}  // namespace

fs::path default_pin_path(std::string_view name) {
  std::string file(name);
  std::replace_if(
      file.begin(), file.end(), [](char c) { return c == '.' || c == '/'; }, '_');
  return first_bpffs() / (file.empty() ? "unnamed" : file);
}

void pin_object(int fd, const fs::path& path) {
  const auto bpffs = first_bpffs();
  std::error_code error;
  if (fs::exists(fs::symlink_status(path, error)))
    throw failure(fmt::format("'{}': there is such a file already", path.string()),
                  "Choose another PIN=<path> (--pin), or remove it first: PATHS=<path> and the "
                  "target unpin (`ebpfkit inspect unpin <path>`).");
  const auto directory = fs::absolute(path).parent_path();
  struct statfs file_system {};
  if (::statfs(directory.c_str(), &file_system) != 0)
    throw failure(fmt::format("'{}': its directory: {}", path.string(), std::strerror(errno)),
                  fmt::format("Make the directory, or choose a path in {}: PIN=<path> (--pin).",
                              bpffs.string()));
  if (static_cast<unsigned long>(file_system.f_type) != BPF_FS_MAGIC)
    throw failure(fmt::format("'{}' is not in a bpffs, which alone can have pins", path.string()),
                  fmt::format("One is mounted at {}: PIN={} (--pin).", bpffs.string(),
                              (bpffs / path.filename()).string()));
  if (bpf_obj_pin(fd, path.c_str()) != 0) {
    const int problem = errno;
    throw failure(fmt::format("'{}': cannot pin: {}", path.string(), std::strerror(problem)),
                  pin_remedy(problem, path));
  }
}

void remove_pin(const fs::path& path, bpf_identity expected) {
  const file_descriptor opened(bpf_obj_get(path.c_str()));
  if (opened.get() < 0)
    throw failure(
        fmt::format("'{}' is no pin that can be opened: {}", path.string(), std::strerror(errno)),
        "show-pinned with ALL=1 (`ebpfkit inspect show-pinned --all`) lists all pins.");
  if (identity_of(opened.get()) != std::optional(expected))
    throw failure(fmt::format("'{}': another object was pinned there meanwhile", path.string()),
                  "Look again, and decide anew.");
  // The file goes first and the descriptor last, so the kernel frees the object before this
  // returns.
  if (::unlink(path.c_str()) != 0)
    throw failure(fmt::format("'{}': cannot remove it: {}", path.string(), std::strerror(errno)));
}

}  // namespace ebpfkit::host
