#include "verifier_log_file.hpp"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "../system/text.hpp"
#include "diagnosis.hpp"
#include "verifier_log.hpp"

namespace ebpfkit::detail {
namespace {

ebpfkit::error failed(operation failed_operation, const std::string& path, int code) {
  return diagnose_named(failed_operation, "verifier log", path.c_str(), code, {},
                        "load_options or EBPFKIT_VERIFIER_LOG names the file. Name one that can be "
                        "written, on a file system with free space.");
}

}  // namespace

result<void> verifier_log_file::open(const char* path) {
  if (!path)
    path = secure_getenv("EBPFKIT_VERIFIER_LOG");
  if (!path || !*path)
    return {};
  path_ = path;
  file_ = unique_fd(::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!file_)
    return failed(operation::open, path_, errno);
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
