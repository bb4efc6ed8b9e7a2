#include "ebpfkit/pinned_program.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>

#include "../errors/diagnosis.hpp"
#include "../system/bpf_file_system.hpp"
#include "../system/descriptor_target.hpp"
#include "../system/text.hpp"
#include "ebpfkit/program.hpp"

namespace ebpfkit {

result<pinned_program> pinned_program::open(const std::string& path) {
  auto opened = adopt(bpf_obj_get(path.c_str()), path.c_str(), "Nothing is pinned there.");
  if (opened)
    opened->path_ = path;
  return opened;
}

result<pinned_program> pinned_program::open_id(std::uint32_t id) {
  return adopt(bpf_prog_get_fd_by_id(id), detail::formatted("id %u", id).c_str(),
               "No program has this id.");
}

// Takes what a system call returned. `absent` is the remedy when there was no such program.
result<pinned_program> pinned_program::adopt(int opened_fd, const char* which, const char* absent) {
  int code = opened_fd < 0 ? errno : 0;
  pinned_program opened;
  opened.fd_ = opened_fd;
  char kind[64];
  bpf_prog_info info{};
  std::uint32_t size = sizeof(info);
  // The kernel also tells about maps and links, in other structs. Ask /proc; without it, believe.
  const auto target = detail::descriptor_target(opened.fd_, kind);
  if (code == 0 && !target.empty() && target != "anon_inode:bpf-prog")
    code = EINVAL;
  else if (code == 0 && bpf_obj_get_info_by_fd(opened.fd_, &info, &size) != 0)
    code = errno;
  if (code != 0)
    return detail::diagnose_named(detail::operation::open, "program", which, code, {},
                                  code == EINVAL   ? "What is pinned there is no program."
                                  : code == ENOENT ? absent
                                                   : "");
  opened.id_ = info.id;
  opened.type_ = info.type;
  opened.name_ = info.name;
  return opened;
}

pinned_program::pinned_program(pinned_program&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      id_(other.id_),
      type_(other.type_),
      name_(std::move(other.name_)),
      path_(std::move(other.path_)) {}

pinned_program& pinned_program::operator=(pinned_program&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(id_, other.id_);
  std::swap(type_, other.type_);
  name_.swap(other.name_);
  path_.swap(other.path_);
  return *this;
}

pinned_program::~pinned_program() {
  if (fd_ >= 0)
    close(fd_);
}

result<void> pinned_program::unpin() {
  if (unlink(path_.c_str()) == 0)
    return {};
  const int code = errno;
  return detail::diagnose_named(detail::operation::unpin, "program", path_.c_str(), code, {},
                                code == ENOENT ? "Somebody else removed the pin." : "");
}

result<void> program::pin(const std::string& path) const {
  const int code = fd() < 0 ? EBADF : detail::pin_at(fd(), path);
  if (code == 0)
    return {};
  return detail::diagnose_named(detail::operation::pin, "program", name(), code, {},
                                code == EBADF    ? ""
                                : code == EEXIST ? detail::formatted("'%s' exists.", path.c_str())
                                                 : detail::pin_path_remedy(path));
}

}  // namespace ebpfkit
