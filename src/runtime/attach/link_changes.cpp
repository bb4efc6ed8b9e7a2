// What few applications do with links: they open them by id, update them on a condition, and detach
// them for everybody.
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>

#include "../errors/log_capture.hpp"
#include "../errors/worded_diagnosis.hpp"
#include "../system/running_kernel.hpp"
#include "../system/text.hpp"
#include "ebpfkit/link.hpp"
#include "ebpfkit/pinned_program.hpp"
#include "ebpfkit/program.hpp"

namespace ebpfkit {

result<link> link::open_id(std::uint32_t id) {
  const int opened = bpf_link_get_fd_by_id(id);
  if (opened >= 0)
    return adopt_fd(opened);
  const int code = errno;
  return detail::diagnose_worded("open", detail::formatted("the link with id %u", id), code,
                                 code == ENOENT  ? "There is no link with this id."
                                 : code == EPERM ? "It needs CAP_SYS_ADMIN."
                                                 : detail::if_older_than({5, 8}, "Ids of links"));
}

result<void> link::update(const program& replacement, int expected_fd) {
  return update_if(replacement.fd(), replacement.name(), expected_fd);
}

result<void> link::update(const pinned_program& replacement, int expected_fd) {
  return update_if(replacement.fd(), replacement.name().c_str(), expected_fd);
}

result<void> link::update_if(int program_fd, const char* name, int expected_fd) {
  detail::log_capture log;
  bpf_link_update_opts options{};
  options.sz = sizeof(options);
  options.flags = BPF_F_REPLACE;
  options.old_prog_fd = static_cast<std::uint32_t>(expected_fd);
  int code = -EOPNOTSUPP;
  if (program_fd < 0 || expected_fd < 0)
    code = -EBADF;
  else if (kind_ == link_kind::bpf_link)
    code = bpf_link_update(fd(), program_fd, &options);
  if (code == 0)
    return {};
  std::string remedy;
  if (program_fd < 0)
    remedy = "The program is not loaded: load its object first.";
  else if (code == -EBADF)
    remedy = "The expected program's descriptor is of no program.";
  else if (code == -EPERM)
    remedy =
        "Another program than the expected one is attached (link::info() tells which), or a "
        "privilege is missing.";
  else if (code == -EINVAL || code == -EOPNOTSUPP)
    remedy =
        "The program is of another type, or attachments of this kind cannot change their "
        "program.";
  return detail::diagnose_worded("update",
                                 detail::formatted("%s to program '%s'", text().c_str(), name),
                                 code, std::move(remedy), log.take());
}

result<void> link::force_detach() {
  const int code = kind_ != link_kind::bpf_link ? EOPNOTSUPP
                   : bpf_link_detach(fd()) != 0 ? errno
                                                : 0;
  if (code == 0) {
    pin_path_.clear();
    detach();
    return {};
  }
  std::string remedy;
  if (code == EINVAL)
    remedy = detail::if_older_than({5, 9}, "Forced detaching");
  if (code == EOPNOTSUPP || (code == EINVAL && remedy.empty()))
    remedy =
        "Links of this kind detach when nobody holds them: unpin the link, and let every "
        "process drop it.";
  return detail::diagnose_worded("detach", text(), code, std::move(remedy));
}

}  // namespace ebpfkit
