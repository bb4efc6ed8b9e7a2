#include "verifier_log_file.hpp"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "../system/text.hpp"
#include "../system/unique_fd.hpp"
#include "diagnosis.hpp"
#include "verifier_log.hpp"

namespace ebpfkit::detail {
namespace {

constexpr const char* named_by = "load_options or EBPFKIT_VERIFIER_LOG names the file. ";

ebpfkit::error failed(operation failed_operation, const std::string& path, int code,
                      const char* reason =
                          "Name one that can be written, on a file system with "
                          "free space.") {
  return diagnose_named(failed_operation, "verifier log", path.c_str(), code, {},
                        joined({named_by, reason}));
}

// Never waits for the reader of a FIFO, and follows no link in the last part of the path.
unique_fd open_log(const std::string& path, int flags) {
  constexpr int always = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  return unique_fd(::open(path.c_str(), always | flags, S_IRUSR | S_IWUSR));
}

// Why the file must not get kernel addresses; null if it may.
const char* refusal(const struct stat& status) {
  if (!S_ISREG(status.st_mode))
    return "It is not a regular file. Name a file, not a device, pipe or directory.";
  if (status.st_uid != geteuid())
    return "The file belongs to another user, who could read kernel addresses in it. Remove it, or "
           "name another one.";
  if (status.st_nlink > 1)
    return "The file has a second name (hard link). Remove it, or name another one.";
  return nullptr;
}

const char* open_remedy(int code) {
  if (code == ELOOP)
    return "It is a symbolic link, or its path has too many. Name the file itself.";
  if (code == ENXIO || code == EISDIR)
    return "It is not a regular file. Name a file, not a device, pipe or directory.";
  return "Name one that can be written, on a file system with free space.";
}

}  // namespace

result<void> verifier_log_file::open(const char* path) {
  if (!path)
    path = secure_getenv("EBPFKIT_VERIFIER_LOG");
  if (!path || !*path)
    return {};
  path_ = path;
  auto opened = open_log(path_, 0);
  struct stat status {};
  if (!opened || fstat(opened.get(), &status) != 0)
    return failed(operation::open, path_, errno, open_remedy(errno));
  if (const char* reason = refusal(status))
    return failed(operation::open, path_, S_ISREG(status.st_mode) ? EPERM : EINVAL, reason);
  // The log has kernel addresses. Others may have opened a file that they can read, so a new file
  // takes its place.
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    if (unlink(path) != 0 || !(opened = open_log(path_, O_EXCL)))
      return failed(operation::open, path_, errno,
                    "Other users can read it, and it cannot be replaced. Use chmod 600, or name "
                    "another one.");
  } else if (ftruncate(opened.get(), 0) != 0) {
    return failed(operation::write, path_, errno);
  }
  file_ = std::move(opened);
  return {};
}

void verifier_log_file::request_logs(bpf_object* object, unsigned level) {
  bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(object, program))) {
    if (bpf_program__log_level(program) == 0)
      bpf_program__set_log_level(program, level);
  }
}

result<void> verifier_log_file::write(std::string_view printed) const {
  if (!file_)
    return {};
  std::string text;
  for (program_log each; take_program_log(printed, each);)
    text += joined({"== program '", each.program, "'\n", each.log});
  for (std::string_view rest = text; !rest.empty();) {
    const auto written = ::write(file_.get(), rest.data(), rest.size());
    if (written >= 0)
      rest.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EINTR)
      return failed(operation::write, path_, errno);
  }
  return {};
}

}  // namespace ebpfkit::detail
