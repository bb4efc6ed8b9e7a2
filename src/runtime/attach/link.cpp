#include "ebpfkit/link.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "../errors/diagnosis.hpp"
#include "../errors/log_capture.hpp"
#include "../system/bpf_file_system.hpp"
#include "../system/descriptor_target.hpp"
#include "../system/text.hpp"
#include "../system/unique_fd.hpp"
#include "ebpfkit/pinned_program.hpp"
#include "ebpfkit/program.hpp"
#include "tc_filter.hpp"

namespace ebpfkit {
namespace {

using detail::formatted;

// The kind of attachment that a file descriptor holds. The names of the kernel's anonymous inodes
// tell it (anon_inode_getfile in kernel/bpf and kernel/events/core.c).
link_kind kind_of(int fd) noexcept {
  char buffer[64];
  const auto name = detail::descriptor_target(fd, buffer);
  if (name == "anon_inode:bpf-map")
    return link_kind::struct_ops;
  if (name == "anon_inode:[perf_event]" || name == "anon_inode:bpf-raw-tracepoint" ||
      name == "anon_inode:bpf-tracing-prog")
    return link_kind::file;
  bpf_link_info info{};
  __u32 info_size = sizeof(info);
  if (bpf_obj_get_info_by_fd(fd, &info, &info_size) == 0)
    return link_kind::bpf_link;
  // libbpf's handle of a USDT probe contains several links and has no descriptor of its own.
  return link_kind::several;
}

// Closes only the link of a perf event, because destroying libbpf's handle disables the event even
// when its link is pinned (bpf_link_perf_detach in libbpf.c). libbpf's descriptor of the event
// stays open, because nothing outside libbpf can reach it.
void close_without_detaching(bpf_link* attached) {
  const int fd = bpf_link__fd(attached);
  bpf_link__disconnect(attached);
  bpf_link__destroy(attached);
  close(fd);
}

bool is_perf_event(int fd) {
  bpf_link_info info{};
  __u32 size = sizeof(info);
  constexpr __u32 perf_event = 7;  // BPF_LINK_TYPE_PERF_EVENT
  return bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && info.type == perf_event;
}

std::string pin_remedy(int code, const std::string& path) {
  if (code == EEXIST)
    return "The path exists: choose another one, or open that link by link::open().";
  return detail::pin_path_remedy(path);
}

}  // namespace

link::link() noexcept = default;

link::link(::bpf_link* owned) noexcept
    : kind_(owned ? kind_of(bpf_link__fd(owned)) : link_kind::none), link_(owned) {}

link::link(std::unique_ptr<detail::tc_filter> owned) noexcept
    : kind_(owned ? link_kind::tc_filter : link_kind::none), filter_(std::move(owned)) {}

link::~link() {
  detach();
}

link::link(link&& other) noexcept
    : kind_(std::exchange(other.kind_, link_kind::none)),
      link_(std::exchange(other.link_, nullptr)),
      fd_(std::exchange(other.fd_, -1)),
      filter_(std::move(other.filter_)),
      pin_path_(std::exchange(other.pin_path_, {})) {}

link& link::operator=(link&& other) noexcept {
  if (this != &other) {
    detach();
    kind_ = std::exchange(other.kind_, link_kind::none);
    link_ = std::exchange(other.link_, nullptr);
    fd_ = std::exchange(other.fd_, -1);
    filter_ = std::move(other.filter_);
    pin_path_ = std::exchange(other.pin_path_, {});
  }
  return *this;
}

link link::adopt_fd(int owned) noexcept {
  link adopted;
  adopted.kind_ = link_kind::bpf_link;
  adopted.fd_ = owned;
  return adopted;
}

result<link> link::open(const std::string& path) {
  const int fd = bpf_obj_get(path.c_str());
  const int code = fd < 0 ? errno : kind_of(fd) == link_kind::bpf_link ? 0 : EINVAL;
  if (code == 0) {
    auto opened = adopt_fd(fd);
    opened.pin_path_ = path;
    return opened;
  }
  if (fd >= 0)
    close(fd);
  auto failure =
      detail::diagnose(detail::operation::open, detail::quoted("link", path.c_str()), code);
  if (code == EINVAL)
    failure.remedy = "What is pinned there is no link.";
  else if (code == ENOENT)
    failure.remedy = "Nothing is pinned there.";
  return failure;
}

bool link::outlives_process() const noexcept {
  return kind_ == link_kind::tc_filter || kind_ == link_kind::struct_ops || !pin_path_.empty() ||
         (link_ && bpf_link__pin_path(link_));
}

void link::detach() noexcept {
  filter_.reset();
  if (link_ && kind_ == link_kind::bpf_link && outlives_process() && is_perf_event(fd()))
    close_without_detaching(link_);
  else
    bpf_link__destroy(link_);
  if (fd_ >= 0)
    close(fd_);
  link_ = nullptr;
  fd_ = -1;
  kind_ = link_kind::none;
  pin_path_.clear();
}

result<void> link::update(const program& replacement) {
  return update_to(replacement.fd(), replacement.name());
}

result<void> link::update(const pinned_program& replacement) {
  return update_to(replacement.fd(), replacement.name().c_str());
}

result<void> link::update_to(int program_fd, const char* name) {
  int code = -EOPNOTSUPP;
  detail::log_capture log;
  if (filter_)
    code = filter_->replace(program_fd);
  else if (kind_ == link_kind::bpf_link)
    code = bpf_link_update(fd(), program_fd, nullptr);
  if (code == 0)
    return {};
  auto failure =
      detail::diagnose(detail::operation::update,
                       formatted("%s to program '%s'", text().c_str(), name), code, log.take());
  if (program_fd < 0)
    failure.remedy = "The program is not loaded: load its object first.";
  else if (failure.code == EINVAL || failure.code == EOPNOTSUPP)
    failure.remedy =
        "The program is of another type, or attachments of this kind cannot change their program: "
        "attach the new program, then detach the old one.";
  return failure;
}

result<void> link::pin(const std::string& path) {
  const int code = kind_ != link_kind::bpf_link ? EOPNOTSUPP
                   : !pin_path_.empty()         ? EBUSY
                                                : detail::pin_at(fd(), path);
  if (code == 0) {
    pin_path_ = path;
    return {};
  }
  auto failure = detail::diagnose(detail::operation::pin,
                                  formatted("%s at '%s'", text().c_str(), path.c_str()), code);
  if (code == EOPNOTSUPP)
    failure.remedy = "Only a bpf_link of one place can be pinned.";
  else if (code == EBUSY)
    failure.remedy = formatted("It is pinned at '%s'.", pin_path_.c_str());
  else if (auto remedy = pin_remedy(code, path); !remedy.empty())
    failure.remedy = std::move(remedy);
  return failure;
}

result<void> link::unpin() {
  const int code = pin_path_.empty() ? EINVAL : unlink(pin_path_.c_str()) != 0 ? errno : 0;
  if (code == 0 || code == ENOENT)
    pin_path_.clear();
  if (code == 0)
    return {};
  auto failure = detail::diagnose(detail::operation::unpin, text(), code);
  failure.remedy = code == EINVAL   ? "It is not pinned."
                   : code == ENOENT ? "Somebody else removed the pin."
                                    : failure.remedy;
  return failure;
}

int link::fd() const noexcept {
  if (!link_)
    return fd_;
  return kind_ == link_kind::several ? -1 : bpf_link__fd(link_);
}

::bpf_link* link::release() noexcept {
  if (!link_)
    return nullptr;
  kind_ = link_kind::none;
  pin_path_.clear();
  return std::exchange(link_, nullptr);
}

int link::release_fd() noexcept {
  if (kind_ != link_kind::bpf_link)
    return -1;
  const int released = fd();
  if (link_) {
    bpf_link__disconnect(link_);
    bpf_link__destroy(link_);
    link_ = nullptr;
  }
  fd_ = -1;
  kind_ = link_kind::none;
  pin_path_.clear();
  return released;
}

std::string link::text() const {
  if (filter_)
    return filter_->text();
  return pin_path_.empty() ? "link" : detail::quoted("link", pin_path_.c_str());
}

}  // namespace ebpfkit
