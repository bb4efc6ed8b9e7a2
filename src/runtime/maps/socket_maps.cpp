// Maps of sockets.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "../errors/diagnosis.hpp"
#include "../system/text.hpp"
#include "ebpfkit/descriptor_map.hpp"
#include "ebpfkit/program.hpp"
#include "ebpfkit/socket_map.hpp"

namespace ebpfkit {
namespace {

bool acts_on_sockets(const bpf_program* program) {
  const auto type = bpf_program__type(program);
  return type == BPF_PROG_TYPE_SK_SKB || type == BPF_PROG_TYPE_SK_MSG;
}

}  // namespace

void socket_program::detach() noexcept {
  if (map_fd_ < 0)
    return;
  bpf_prog_detach2(program_fd_, map_fd_, static_cast<bpf_attach_type>(type_));
  close(program_fd_);
  close(map_fd_);
  program_fd_ = map_fd_ = -1;
}

result<socket_program> socket_programs::attach(const program& verdict) {
  const auto error = [&](int code, std::string remedy) {
    auto failure = detail::diagnose_named(detail::operation::attach, "program", verdict.name(),
                                          code, {}, std::move(remedy));
    failure.object = detail::formatted("%s to map '%s'", failure.object.c_str(), name());
    return failure;
  };
  if (verdict.fd() < 0 || fd() < 0)
    return error(EBADF, "Load the object first, with the program's autoload on.");
  if (!acts_on_sockets(verdict.get()))
    return error(EINVAL,
                 "Maps of sockets take programs with SEC(\"sk_skb/stream_parser\"), "
                 "SEC(\"sk_skb/stream_verdict\"), SEC(\"sk_skb/verdict\") or SEC(\"sk_msg\").");
  socket_program attached;
  attached.type_ = bpf_program__expected_attach_type(verdict.get());
  attached.program_fd_ = fcntl(verdict.fd(), F_DUPFD_CLOEXEC, 3);
  const int code = attached.program_fd_ < 0 ? errno : 0;
  if (code != 0)
    return error(code, {});
  if (bpf_prog_attach(verdict.fd(), fd(), static_cast<bpf_attach_type>(attached.type_), 0) != 0) {
    const int refused = errno;
    close(attached.program_fd_);
    return error(refused, {});
  }
  attached.map_fd_ = fcntl(fd(), F_DUPFD_CLOEXEC, 3);
  if (attached.map_fd_ >= 0)
    return attached;
  const int lacks = errno;
  bpf_prog_detach2(attached.program_fd_, fd(), static_cast<bpf_attach_type>(attached.type_));
  close(attached.program_fd_);
  return error(lacks, {});
}

}  // namespace ebpfkit
