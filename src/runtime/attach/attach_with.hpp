// What the attach functions share: they make errors that name the program and the hook, and links
// that the caller owns.
#pragma once

#include <bpf/libbpf.h>

#include <string>
#include <utility>

#include "../errors/log_capture.hpp"
#include "ebpfkit/error.hpp"
#include "ebpfkit/link.hpp"
#include "ebpfkit/result.hpp"

namespace ebpfkit::detail {

// The error "cannot attach program 'x' to <hook>". `code` is an errno as libbpf returns it.
ebpfkit::error attach_error(const bpf_program* program, const std::string& hook, int code,
                            std::string log = {});

std::string not_loaded_remedy();

// The link of a program that the application has attached. Switches off the program's autoattach
// flag, which libbpf's skeleton functions obey, because the object's attach() must not attach the
// program a second time.
template <class Owned>
link owned_by_caller(bpf_program* program, Owned&& attached) {
  bpf_program__set_autoattach(program, false);
  return link(std::forward<Owned>(attached));
}

// The error of an attachment that failed. `remedy_of(errno)` returns what to do. When it returns an
// empty text, the error gets the general remedy.
template <class Remedy>
ebpfkit::error attach_error_with(const bpf_program* program, const std::string& hook, int code,
                                 std::string log, Remedy remedy_of) {
  auto failure = attach_error(program, hook, code, std::move(log));
  if (bpf_program__fd(program) < 0)
    return failure;
  if (auto remedy = remedy_of(failure.code); !remedy.empty())
    failure.remedy = std::move(remedy);
  return failure;
}

// Runs `attach`, which returns libbpf's handle.
template <class Attach, class Remedy>
result<link> attach_with(bpf_program* program, const std::string& hook, Attach attach,
                         Remedy remedy_of) {
  log_capture log;
  bpf_link* attached = attach();
  if (const auto code = static_cast<int>(libbpf_get_error(attached)))
    return attach_error_with(program, hook, code, log.take(), remedy_of);
  return owned_by_caller(program, attached);
}

// The same for an `attach` that returns the descriptor of a new bpf_link, or a negative errno.
template <class Attach, class Remedy>
result<link> attach_fd_with(bpf_program* program, const std::string& hook, Attach attach,
                            Remedy remedy_of) {
  log_capture log;
  const int attached = attach();
  if (attached < 0)
    return attach_error_with(program, hook, attached, log.take(), remedy_of);
  return owned_by_caller(program, link::adopt_fd(attached));
}

}  // namespace ebpfkit::detail
