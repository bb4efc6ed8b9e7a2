// What the attach functions share: errors that name program and hook, and the reasons behind them.
#pragma once

#include <bpf/libbpf.h>

#include <string>

#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/link.hpp"
#include "ebpfkit/result.hpp"
#include "../errors/log_capture.hpp"

namespace ebpfkit::detail {

// "cannot attach program 'x' to <hook>". `code` as libbpf gives it.
ebpfkit::error attach_error(const bpf_program* program, const std::string& hook, int code,
                            std::string log = {});

std::string not_loaded_remedy();

// Runs `attach`, which gives libbpf's handle; `remedy_of(errno)` says what to do when it failed, or
// gives an empty text for the general remedy.
template <class Attach, class Remedy>
result<link> attach_with(const bpf_program* program, const std::string& hook, Attach attach,
                         Remedy remedy_of) {
  log_capture log;
  bpf_link* attached = attach();
  const auto code = static_cast<int>(libbpf_get_error(attached));
  if (code == 0)
    return link(attached);
  auto failure = attach_error(program, hook, code, log.take());
  if (bpf_program__fd(program) < 0)
    return failure;
  if (auto remedy = remedy_of(failure.code); !remedy.empty())
    failure.remedy = std::move(remedy);
  return failure;
}

// The same for `attach` that gives the descriptor of a new bpf_link, or a negative errno.
template <class Attach, class Remedy>
result<link> attach_fd_with(const bpf_program* program, const std::string& hook, Attach attach,
                            Remedy remedy_of) {
  log_capture log;
  const int attached = attach();
  if (attached >= 0)
    return link::adopt_fd(attached);
  auto failure = attach_error(program, hook, attached, log.take());
  if (bpf_program__fd(program) < 0)
    return failure;
  if (auto remedy = remedy_of(failure.code); !remedy.empty())
    failure.remedy = std::move(remedy);
  return failure;
}

// "<what> need Linux 5.9; this is Linux 5.4.0-80." when the running kernel is older, else empty.
std::string if_older_than(int major, int minor, const std::string& what);

// Where tracefs is mounted, "/sys/kernel/tracing" as a rule; empty: nowhere.
std::string tracefs();

// How to mount tracefs, when it is not mounted; else empty.
std::string if_no_tracefs();

// "program 'x' (id 12)", of any loaded program; without the name when it cannot be opened.
std::string loaded_program_text(unsigned id);

// "There is no network interface 'x' ...", when there is none; else empty.
std::string if_missing(const network_interface& interface);

// The number that the kernel gave the program, and its name there; id 0: not loaded.
struct loaded_program {
  unsigned id = 0;
  std::string name;
};
loaded_program loaded_program_of(int fd);
loaded_program loaded_program_of_id(unsigned id);

// The first line of a small text file, such as one of /proc/sys; empty when it cannot be read.
std::string first_line(const std::string& path);

// Whether the running kernel's symbol table has the function.
bool has_kernel_function(const std::string& name);

// Whether BPF is known to be absent from the active LSMs: by lsm_list_modules(2) (Linux 6.8), else
// by securityfs. False when neither says.
bool bpf_lsm_is_inactive();

}  // namespace ebpfkit::detail
