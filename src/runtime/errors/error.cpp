#include "ebpfkit/error.hpp"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <string_view>
#include <utility>

#include "../system/kernel_errno.hpp"
#include "../system/text.hpp"
#include "verifier_log.hpp"

namespace ebpfkit {
namespace {

// The errors that bpf(2), perf_event_open(2) and netlink return. Only glibc has strerrorname_np().
// clang-format off
#define EBPFKIT_ERRORS(X) \
  X(EPERM) X(ENOENT) X(ESRCH) X(EINTR) X(EIO) X(ENXIO) \
  X(E2BIG) X(ENOEXEC) X(EBADF) X(EAGAIN) X(ENOMEM) X(EACCES) \
  X(EFAULT) X(EBUSY) X(EEXIST) X(EXDEV) X(ENODEV) X(ENOTDIR) \
  X(EISDIR) X(EINVAL) X(ENFILE) X(EMFILE) X(EFBIG) X(ENOSPC) \
  X(EROFS) X(EDOM) X(ERANGE) X(EDEADLK) X(ENOSYS) X(ELOOP) \
  X(EBADMSG) X(EMSGSIZE) X(EPROTONOSUPPORT) X(ENOTSUP) X(ENOBUFS) X(ETIMEDOUT) \
  X(ECANCELED)
// clang-format on
#define EBPFKIT_NUMBER(error) error,
#define EBPFKIT_NAME(error) #error "\0"
constexpr short numbers[] = {EBPFKIT_ERRORS(EBPFKIT_NUMBER)};
// One text takes less space than an array of names. An empty name is at its end.
constexpr char names[] = EBPFKIT_ERRORS(EBPFKIT_NAME);

constexpr int shown_log_lines = 12;

std::string text_of(int code) {
  if (code == detail::kernel_enotsupp)
    return "Operation not supported by the kernel (ENOTSUPP, 524)";
  char buffer[128] = "";
  // Knows libbpf's own numbers too. For an errno, it calls strerror_r().
  libbpf_strerror(code, buffer, sizeof(buffer));
  const char* name = names;
  for (const short number : numbers) {
    if (number == code)
      break;
    name += strlen(name) + 1;
  }
  return detail::formatted("%s (%s%s%d)", buffer, name, *name ? ", " : "", code);
}

std::string_view last_lines(std::string_view text, int count) {
  while (!text.empty() && text.back() == '\n')
    text.remove_suffix(1);
  auto begin = text.size();
  while (count-- > 0 && begin != 0 && begin != std::string_view::npos)
    begin = text.rfind('\n', begin - 1);
  if (begin != 0)
    text.remove_prefix(begin + 1);  // npos + 1 is 0
  return text;
}

std::string indented(std::string_view lines) {
  std::string text;
  while (!lines.empty()) {
    const auto line = detail::first(lines, lines.find('\n'));
    text += detail::joined({"\n    ", line});
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
  }
  return text;
}

}  // namespace

error::error() = default;
error::error(const error&) = default;
error::error(error&&) noexcept = default;
error& error::operator=(const error&) = default;
error& error::operator=(error&&) noexcept = default;
error::~error() = default;

std::string error::message() const {
  auto text = detail::formatted("cannot %s %s: %s", operation.c_str(), object.c_str(),
                                text_of(code).c_str());
  const auto add = [&text](const char* title, std::string_view lines) {
    if (!lines.empty())
      text += detail::joined({"\n  ", title, indented(lines)});
  };
  add("The verifier says:", verifier_cause);
  add("The last lines of the verifier's log:", last_lines(verifier_log, shown_log_lines));
  if (verifier_log.empty())
    add("libbpf says:", last_lines(detail::without_program_logs(libbpf_log), shown_log_lines));
  if (!remedy.empty())
    text += detail::joined({"\n  ", remedy});
  detail::make_printable(text);
  return text;
}

void detail::abort_with_message(const ebpfkit::error& failure) {
  const auto text = failure.message();
  fprintf(stderr, "%s\n", text.c_str());
  abort();
}

struct detail::shared_error::counted {
  std::atomic<unsigned> owners;
  ebpfkit::error value;
};

detail::shared_error::shared_error(ebpfkit::error&& shared)
    : shared_(new counted{{1}, std::move(shared)}) {}

detail::shared_error::shared_error(const shared_error& other) noexcept : shared_(other.shared_) {
  shared_->owners.fetch_add(1, std::memory_order_relaxed);
}

detail::shared_error& detail::shared_error::operator=(const shared_error& other) noexcept {
  shared_error copy(other);
  std::swap(shared_, copy.shared_);
  return *this;
}

detail::shared_error::~shared_error() {
  if (shared_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1)
    delete shared_;
}

const ebpfkit::error& detail::shared_error::operator*() const noexcept {
  return shared_->value;
}

}  // namespace ebpfkit
