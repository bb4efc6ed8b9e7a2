// BPF iterators: programs that run when somebody reads them.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include <cstdint>
#include <string>

#include "../system/running_kernel.hpp"
#include "attach_with.hpp"
#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/link.hpp"
#include "ebpfkit/program.hpp"
#include "ebpfkit/result.hpp"

namespace ebpfkit {
namespace {

// union bpf_iter_link_info of Linux 6.1. In older headers it lacks some members.
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

// Fills `info` and returns how many bytes of it are used. Older kernels refuse a longer struct than
// theirs unless the rest is zero.
std::uint32_t fill(iter_info& info, const iter_options& options) {
  if (options.map_fd >= 0) {
    info.map.map_fd = static_cast<std::uint32_t>(options.map_fd);
    return sizeof(info.map);
  }
  if (options.cgroup_fd >= 0 || options.cgroup_id != 0) {
    info.cgroup.order = options.cgroup_order;
    // The kernel takes one of the two, and 0 is neither (bpf_iter_attach_cgroup).
    if (options.cgroup_id != 0)
      info.cgroup.cgroup_id = options.cgroup_id;
    else
      info.cgroup.cgroup_fd = static_cast<std::uint32_t>(options.cgroup_fd);
    return sizeof(info.cgroup);
  }
  if (options.thread != 0 || options.process != 0 || options.process_fd >= 0) {
    info.task.thread = static_cast<std::uint32_t>(options.thread);
    info.task.process = static_cast<std::uint32_t>(options.process);
    if (options.process_fd >= 0)
      info.task.process_fd = static_cast<std::uint32_t>(options.process_fd);
    return sizeof(info.task);
  }
  return 0;
}

std::string iter_remedy(const iter_options& options, int code) {
  if (auto old = detail::if_older_than({5, 8}, "BPF iterators"); !old.empty())
    return old;
  const bool needs_6_1 = options.cgroup_fd >= 0 || options.cgroup_id != 0 || options.thread != 0 ||
                         options.process != 0 || options.process_fd >= 0;
  if (auto old = detail::if_older_than({6, 1}, "Iterators over one cgroup, thread or process");
      needs_6_1 && !old.empty())
    return old;
  if (code == EBADF)
    return "The iterator goes over a map or cgroup: set iter_options::map_fd or cgroup_fd.";
  if (code == ESRCH)
    return "There is no such thread or process.";
  if (code == ENOENT)
    return "There is no such cgroup.";
  const int tasks = (options.thread != 0 ? 1 : 0) + (options.process != 0 ? 1 : 0) +
                    (options.process_fd >= 0 ? 1 : 0);
  if (code == EINVAL && tasks > 1)
    return "Give one of iter_options::thread, process and process_fd.";
  if (code == EINVAL || code == EACCES)
    return "The program is not SEC(\"iter/...\"), or what iter_options name is not what that "
           "iterator goes over (another type of map, sizes of its keys and values).";
  return {};
}

}  // namespace

result<link> program::attach_iter(const iter_options& options) {
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

}  // namespace ebpfkit
