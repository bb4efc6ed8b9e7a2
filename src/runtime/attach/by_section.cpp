// Attaching a program where its SEC() says.
#include <bpf/libbpf.h>

#include <utility>

#include "../errors/diagnosis.hpp"
#include "../errors/log_capture.hpp"
#include "attach_with.hpp"
#include "ebpfkit/link.hpp"
#include "ebpfkit/program.hpp"
#include "ebpfkit/result.hpp"
#include "missing_hook.hpp"

namespace ebpfkit {

result<link> program::attach() {
  detail::log_capture log;
  bpf_link* attached = bpf_program__attach(program_);
  if (const auto code = static_cast<int>(libbpf_get_error(attached))) {
    auto failure =
        detail::diagnose_named(detail::operation::attach, "program", name(), code, log.take());
    if (fd() < 0)
      failure.remedy = detail::not_loaded_remedy();
    else if (auto missing = detail::missing_hook_of_log(failure.libbpf_log); !missing.empty())
      failure.remedy = std::move(missing);
    return failure;
  }
  return detail::owned_by_caller(program_, attached);
}

}  // namespace ebpfkit
