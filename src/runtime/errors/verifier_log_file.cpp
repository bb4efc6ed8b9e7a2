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

constexpr const char* not_writable = "It cannot be written, or its file system is full.";

ebpfkit::error failed(operation failed_operation, const std::string& path, int code,
                      const char* reason) {
  return diagnose_named(failed_operation, "verifier log", path.c_str(), code, {},
                        formatted("load_options or EBPFKIT_VERIFIER_LOG names the file. %s Name "
                                  "another one.",
                                  reason));
}

// Never waits for the reader of a FIFO, and follows no link in the last part of the path.
unique_fd open_log(const std::string& path, int flags) {
  constexpr int always = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  return unique_fd(::open(path.c_str(), always | flags, S_IRUSR | S_IWUSR));
}

// Why the file must not get kernel addresses; null if it may.
const char* refusal(const struct stat& status) {
  if (!S_ISREG(status.st_mode))
    return "It is no regular file.";
  if (status.st_uid != geteuid())
    return "It belongs to another user.";
  if (status.st_nlink > 1)
    return "It has a second name (hard link).";
  return nullptr;
}

const char* reason_of(int code) {
  if (code == ELOOP)
    return "It is a symbolic link.";
  return code == ENXIO || code == EISDIR ? "It is no regular file." : not_writable;
}

// Opens the file. Returns why that is not possible and sets `code`, or returns null.
const char* open_private(unique_fd& file, const std::string& path, int& code) {
  file = open_log(path, 0);
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0) {
    code = errno;
    return reason_of(code);
  }
  code = S_ISREG(status.st_mode) ? EPERM : EINVAL;
  if (const char* reason = refusal(status))
    return reason;
  // The log has kernel addresses. Others may have opened a file that they can read, so a new file
  // takes its place.
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    if (unlink(path.c_str()) == 0 && (file = open_log(path, O_EXCL)))
      return nullptr;
    code = errno;
    return "Others can read it, and it cannot be replaced.";
  }
  if (ftruncate(file.get(), 0) == 0)
    return nullptr;
  code = errno;
  return not_writable;
}

}  // namespace

result<void> verifier_log_file::open(const char* path) {
  if (!path)
    path = secure_getenv("EBPFKIT_VERIFIER_LOG");
  if (!path || !*path)
    return {};
  path_ = path;
  int code = 0;
  if (const char* reason = open_private(file_, path_, code)) {
    file_ = unique_fd();
    return failed(operation::open, path_, code, reason);
  }
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
  for (program_log each; take_program_log(printed, each);) {
    const auto text = joined({"== program '", each.program, "'\n", each.log});
    for (std::size_t done = 0; done < text.size();) {
      const auto written = ::write(file_.get(), text.data() + done, text.size() - done);
      if (written >= 0)
        done += static_cast<std::size_t>(written);
      else if (errno != EINTR)
        return failed(operation::write, path_, errno, not_writable);
    }
  }
  return {};
}

}  // namespace ebpfkit::detail
