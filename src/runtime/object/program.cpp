#include "ebpfkit/program.hpp"

#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

#include <string>

#include "../attach/missing_hook.hpp"
#include "../errors/diagnosis.hpp"
#include "../errors/log_capture.hpp"
#include "../system/kernel_btf.hpp"
#include "../system/text.hpp"

namespace ebpfkit {

const char* program::name() const {
  return bpf_program__name(program_);
}

int program::fd() const {
  return bpf_program__fd(program_);
}

void program::set_autoattach(bool attach) {
  bpf_program__set_autoattach(program_, attach);
}

result<void> program::set_attach_target(const std::string& function, int program_fd) {
  detail::log_capture log;
  const int code = bpf_program__set_attach_target(program_, program_fd, function.c_str());
  if (code == 0)
    return {};
  auto failure = detail::diagnose(
      detail::operation::set_attach_target,
      detail::formatted("program '%s' to '%s'", name(), function.c_str()), code, log.take());
  if (fd() >= 0)
    failure.remedy = "The object is loaded: set the target before load().";
  else if (program_fd == 0 && access(detail::kernel_btf_file, F_OK) != 0)
    failure.remedy =
        "The running kernel has no BTF (CONFIG_DEBUG_INFO_BTF), which programs of this type need: "
        "use a kprobe or tracepoint.";
  else if (failure.code == ENOENT || failure.code == ESRCH)
    failure.remedy = detail::joined(
        {detail::formatted("'%s' is not in the BTF of the %s for programs of this type. ",
                           function.c_str(), program_fd == 0 ? "running kernel" : "program"),
         program_fd == 0 ? detail::missing_hook_text(detail::hook_list::described, function)
                         : std::string()});
  return failure;
}

}  // namespace ebpfkit
