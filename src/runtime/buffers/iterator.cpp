#include "ebpfkit/iterator.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

#include <utility>

#include "../attach/attach_with.hpp"
#include "../errors/diagnosis.hpp"
#include "ebpfkit/program.hpp"
#include "../system/text.hpp"

namespace ebpfkit {
namespace {

// union bpf_iter_link_info of Linux 6.1, which older headers have without some members.
union iter_info {
  struct {
    std::uint32_t map_fd;
  } map;
  struct {
    std::uint32_t order;
    std::uint32_t cgroup_fd;
    std::uint64_t cgroup_id;
  } cgroup;
  struct {
    std::uint32_t thread;
    std::uint32_t process;
    std::uint32_t process_fd;
  } task;
};

// How many bytes of `info` are used: older kernels refuse a longer one unless the rest is zero.
std::uint32_t fill(iter_info& info, const iter_options& options) {
  if (options.map_fd >= 0) {
    info.map.map_fd = static_cast<std::uint32_t>(options.map_fd);
    return sizeof(info.map);
  }
  if (options.cgroup_fd >= 0) {
    info.cgroup.order = options.cgroup_order;
    info.cgroup.cgroup_fd = static_cast<std::uint32_t>(options.cgroup_fd);
    return sizeof(info.cgroup);
  }
  if (options.thread != 0 || options.process != 0) {
    info.task.thread = static_cast<std::uint32_t>(options.thread);
    info.task.process = static_cast<std::uint32_t>(options.process);
    return sizeof(info.task);
  }
  return 0;
}

std::string iter_remedy(const iter_options& options, int code) {
  if (auto old = detail::if_older_than(5, 8, "BPF iterators"); !old.empty())
    return old;
  const bool needs_6_1 = options.cgroup_fd >= 0 || options.thread != 0 || options.process != 0;
  if (auto old = detail::if_older_than(6, 1, "Iterators over one cgroup, thread or process");
      needs_6_1 && !old.empty())
    return old;
  if (code == EBADF)
    return "The iterator goes over a map or cgroup: set iter_options::map_fd or cgroup_fd.";
  if (code == ESRCH)
    return "There is no such thread or process.";
  if (code == EINVAL || code == EACCES)
    return "The program is not SEC(\"iter/...\"), or what iter_options name is not what that "
           "iterator goes over (another type of map, sizes of its keys and values).";
  return {};
}

ebpfkit::error read_error(int code) {
  auto failure = detail::diagnose("read", "BPF iterator", code);
  if (failure.code == E2BIG)
    failure.remedy = "One run of the program writes more than the kernel's buffer holds.";
  return failure;
}

}  // namespace

result<link> program::try_attach_iter(const iter_options& options) {
  return detail::attach_with(
      program_, "its iterator",
      [&] {
        iter_info info{};
        bpf_iter_attach_opts given{};
        given.sz = sizeof(given);
        given.link_info_len = fill(info, options);
        if (given.link_info_len != 0)
          given.link_info = reinterpret_cast<bpf_iter_link_info*>(&info);
        return bpf_program__attach_iter(program_, &given);
      },
      [&](int code) { return iter_remedy(options, code); });
}

result<iterator> iterator::try_open(const link& attached) {
  const int fd = bpf_iter_create(attached.fd());
  if (fd >= 0)
    return iterator(fd);
  auto failure = detail::diagnose("open", "BPF iterator", fd);
  if (failure.code == EINVAL || failure.code == EBADF)
    failure.remedy = "The link is not that of an iterator: attach a SEC(\"iter/...\") program.";
  return failure;
}

iterator::~iterator() {
  if (fd_ >= 0)
    close(fd_);
}

iterator::iterator(iterator&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      unread_(std::exchange(other.unread_, {})),
      given_(std::exchange(other.given_, 0)) {}

iterator& iterator::operator=(iterator&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(unread_, other.unread_);
  std::swap(given_, other.given_);
  return *this;
}

result<std::size_t> iterator::try_read(void* bytes, std::size_t size) {
  // EAGAIN: bpf_seq_read went over a million objects without output; it goes on where it was.
  for (;;) {
    const auto count = ::read(fd_, bytes, size);
    if (count >= 0)
      return static_cast<std::size_t>(count);
    if (errno != EINTR && errno != EAGAIN)
      return read_error(errno);
  }
}

result<std::string> iterator::try_read_all() {
  auto text = unread_.substr(given_);
  unread_.clear();
  given_ = 0;
  char part[8192];
  for (;;) {
    const auto count = try_read(part, sizeof(part));
    if (!count)
      return count.error();
    if (*count == 0)
      return text;
    text.append(part, *count);
  }
}

result<std::optional<std::string>> iterator::try_next_line() {
  for (auto searched = given_;;) {
    const auto end = unread_.find('\n', searched);
    if (end != std::string::npos) {
      auto line = unread_.substr(given_, end - given_);
      given_ = end + 1;
      return std::optional<std::string>(std::move(line));
    }
    unread_.erase(0, std::exchange(given_, 0));
    searched = unread_.size();
    char part[8192];
    const auto count = try_read(part, sizeof(part));
    if (!count)
      return count.error();
    if (*count == 0)
      break;
    unread_.append(part, *count);
  }
  if (unread_.empty())
    return std::optional<std::string>();
  return std::optional<std::string>(std::exchange(unread_, {}));
}

result<bool> iterator::next_bytes(void* record, std::size_t size) {
  auto* bytes = static_cast<char*>(record);
  for (std::size_t done = 0; done < size;) {
    const auto count = try_read(bytes + done, size - done);
    if (!count)
      return count.error();
    done += *count;
    if (*count != 0)
      continue;
    if (done == 0)
      return false;
    auto failure = detail::diagnose("read", "BPF iterator", EBADMSG);
    failure.remedy = detail::formatted(
        "It ended after %zu bytes of a record of %zu: the program does not write whole records.",
        done, size);
    return failure;
  }
  return true;
}

}  // namespace ebpfkit
