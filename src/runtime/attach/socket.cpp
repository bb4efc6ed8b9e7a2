// Programs of one socket. The kernel has no links for them: they belong to the socket.
#include <errno.h>
#include <sys/socket.h>

#include <string>
#include <utility>

#include "../errors/worded_diagnosis.hpp"
#include "../system/running_kernel.hpp"
#include "../system/text.hpp"
#include "attach_with.hpp"
#include "ebpfkit/program.hpp"
#include "ebpfkit/result.hpp"

namespace ebpfkit {
namespace {

using detail::formatted;

// <asm-generic/socket.h>. Older versions lack the last one. The numbers are those of <sys/socket.h>
// where it has them, because they differ between architectures.
#ifdef SO_DETACH_REUSEPORT_BPF
constexpr int detach_reuseport_option = SO_DETACH_REUSEPORT_BPF;
#else
constexpr int detach_reuseport_option = 68;
#endif

std::string socket_remedy(int code) {
  if (code == EPERM)
    return "The filter of the socket is locked (SO_LOCK_FILTER).";
  if (code == ENOMEM)
    return "The program is larger than net.core.optmem_max allows for the socket.";
  return code == EBADF || code == ENOTSOCK ? "The descriptor is no open socket." : "";
}

// `remedy`: of EINVAL.
result<void> set_option(const program& attached, int socket_fd, int option, const char* hook,
                        const char* remedy) {
  const int program_fd = attached.fd();
  if (program_fd >= 0 &&
      setsockopt(socket_fd, SOL_SOCKET, option, &program_fd, sizeof(program_fd)) == 0)
    return {};
  const int code = program_fd < 0 ? EBADF : errno;
  return detail::attach_error_with(
      attached.get(), formatted(hook, socket_fd), code, {},
      [&](int failed) { return failed == EINVAL ? std::string(remedy) : socket_remedy(failed); });
}

result<void> unset_option(int socket_fd, int option, const char* what) {
  const int unused = 0;
  if (setsockopt(socket_fd, SOL_SOCKET, option, &unused, sizeof(unused)) == 0)
    return {};
  const int code = errno;
  auto remedy = socket_remedy(code);
  if (code == ENOENT)
    remedy = "The socket has none.";
  else if (code == ENOPROTOOPT)
    remedy = detail::if_older_than({5, 3}, "Detaching the programs of reuseport groups");
  return detail::diagnose_worded("detach", formatted(what, socket_fd), code, std::move(remedy));
}

}  // namespace

result<void> program::attach_socket(int socket_fd) {
  return set_option(*this, socket_fd, SO_ATTACH_BPF, "the socket of file descriptor %d",
                    "The program is not a socket filter (SEC(\"socket\")).");
}

result<void> program::attach_reuseport(int socket_fd) {
  return set_option(*this, socket_fd, SO_ATTACH_REUSEPORT_EBPF,
                    "the reuseport group of file descriptor %d",
                    "Set SO_REUSEPORT on the socket first. The program must be "
                    "SEC(\"sk_reuseport\") or SEC(\"socket\").");
}

result<void> detach_socket_filter(int socket_fd) {
  return unset_option(socket_fd, SO_DETACH_FILTER, "the program of the socket %d");
}

result<void> detach_reuseport(int socket_fd) {
  return unset_option(socket_fd, detach_reuseport_option,
                      "the program of the reuseport group of the socket %d");
}

}  // namespace ebpfkit
