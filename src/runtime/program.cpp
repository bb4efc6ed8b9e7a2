#include "ebpfkit/program.hpp"

#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>

#include <string>

#include "diagnosis.hpp"
#include "log_capture.hpp"

namespace ebpfkit {
namespace {

template <class Attach>
result<link> attach_with(bpf_program* program, Attach attach) {
  detail::log_capture log;
  bpf_link* attached = attach();
  if (const auto code = static_cast<int>(libbpf_get_error(attached)))
    return detail::diagnose("attach", detail::quoted("program", bpf_program__name(program)), code,
                            log.take());
  return link(attached);
}

}  // namespace

const char* program::name() const {
  return bpf_program__name(program_);
}

int program::fd() const {
  return bpf_program__fd(program_);
}

result<void> program::try_set_autoload(bool load) {
  const int code = bpf_program__set_autoload(program_, load);
  if (code != 0)
    return detail::diagnose("set the autoload of", detail::quoted("program", name()), code);
  return {};
}

void program::set_autoattach(bool attach) {
  bpf_program__set_autoattach(program_, attach);
}

result<link> program::try_attach() {
  return attach_with(program_, [this] { return bpf_program__attach(program_); });
}

result<link> program::try_attach_xdp(unsigned interface_index) {
  auto attached = attach_with(program_, [this, interface_index] {
    return bpf_program__attach_xdp(program_, static_cast<int>(interface_index));
  });
  if (attached)
    return attached;
  // The kernel says EINVAL for an interface that does not exist (bpf_xdp_link_attach).
  auto failure = attached.error();
  char interface_name[IF_NAMESIZE];
  if (!if_indextoname(interface_index, interface_name))
    failure.remedy = "There is no network interface with index " + std::to_string(interface_index) +
                     " in this network namespace.";
  return failure;
}

}  // namespace ebpfkit
