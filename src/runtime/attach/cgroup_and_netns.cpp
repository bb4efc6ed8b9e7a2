// Control groups and network namespaces: hooks that are directories or files.
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>

#include "../system/running_kernel.hpp"
#include "../system/text.hpp"
#include "../system/unique_fd.hpp"
#include "attach_with.hpp"
#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/hook_programs.hpp"
#include "ebpfkit/program.hpp"
#include "link_create.hpp"

namespace ebpfkit {
namespace {

bool is_cgroup2(int fd) {
  struct statfs found {};
  return fstatfs(fd, &found) == 0 &&
         static_cast<unsigned long>(found.f_type) == CGROUP2_SUPER_MAGIC;
}

std::string cgroup_remedy(bool opened, bool of_version_2, int code) {
  if (!opened && code == ENOENT)
    return "There is no such directory: make it (mkdir) in a mounted cgroup v2 hierarchy, usually "
           "/sys/fs/cgroup or /sys/fs/cgroup/unified.";
  if (opened && !of_version_2)
    return "It is not a cgroup of version 2: mount -t cgroup2 none <directory>, where the system "
           "has not done so (/sys/fs/cgroup, or /sys/fs/cgroup/unified).";
  if (auto old = detail::if_older_than({5, 7}, "Cgroup links"); !old.empty() && code == EINVAL)
    return old;
  if (code == EINVAL)
    return "The program is not of a cgroup type, or the running kernel has no such cgroup hook.";
  if (code == EPERM)
    return "A program that allows no others is attached to this cgroup or to one above it "
           "(bpftool cgroup tree), or a privilege is missing (CAP_NET_ADMIN and CAP_BPF).";
  return {};
}

constexpr std::uint32_t preorder = 1U << 6;  // BPF_F_PREORDER

int create_cgroup_link(const program& attached, int cgroup_fd, const cgroup_options& options) {
  const std::uint32_t flags = options.order.flags() | (options.before_descendants ? preorder : 0U);
  return detail::create_link(
      {static_cast<std::uint32_t>(attached.fd()), static_cast<std::uint32_t>(cgroup_fd),
       attached.expected_attach_type(), flags},
      detail::attributes_of(options.order));
}

// Later releases of 6.12 have orders, too. Such kernels tell a revision.
bool has_orders(const program& attached, int cgroup_fd) {
  const auto there = cgroup_programs(cgroup_fd, attached.expected_attach_type());
  return there && there->revision != 0;
}

std::string ordered_cgroup_remedy(const program& attached, int cgroup_fd,
                                  const cgroup_options& options, std::string remedy, int code) {
  if (!options.order.is_default() && (code == EINVAL || code == E2BIG) &&
      !has_orders(attached, cgroup_fd)) {
    if (auto old = detail::if_older_than({6, 17}, "Orders of cgroup links"); !old.empty())
      return old;
  }
  if (options.before_descendants && code == EINVAL) {
    if (auto old = detail::if_older_than({6, 15}, "cgroup_options::before_descendants");
        !old.empty())
      return old;
  }
  if (const std::string known = detail::order_remedy(options.order, code); !known.empty())
    return known;
  if (code == EINVAL && options.order.neighbour() != 0)
    return "The neighbour of an order in a cgroup must be a link: attach_order::before(link).";
  return remedy;
}

std::string netns_remedy(const program& attached, int code) {
  const bool is_lookup = bpf_program__expected_attach_type(attached.get()) == BPF_SK_LOOKUP;
  auto old = is_lookup ? detail::if_older_than({5, 9}, "sk_lookup programs")
                       : detail::if_older_than({5, 8}, "flow_dissector links");
  if (code == EINVAL && !old.empty())
    return old;
  if (code == EEXIST || code == E2BIG || code == EBUSY)
    return "The namespace has a program of this type (bpftool net, bpftool link), or for a "
           "flow_dissector, the initial namespace has one: detach it first.";
  if (code == ENOENT)
    return "There is no such file: network namespaces are named in /run/netns (ip netns).";
  if (code == EINVAL)
    return "It is no network namespace, or the program is not SEC(\"flow_dissector\") or "
           "SEC(\"sk_lookup\").";
  return {};
}

}  // namespace

result<link> program::attach_cgroup(int cgroup_fd) {
  return detail::attach_with(
      program_, detail::formatted("the cgroup of file descriptor %d", cgroup_fd),
      [&] { return bpf_program__attach_cgroup(program_, cgroup_fd); },
      [&](int code) { return cgroup_remedy(true, is_cgroup2(cgroup_fd), code); });
}

result<link> program::attach_cgroup(const std::string& path) {
  // The link holds the cgroup; the descriptor is needed only to name it.
  const detail::unique_fd directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return detail::attach_with(
      program_, detail::formatted("cgroup '%s'", path.c_str()),
      [&]() -> bpf_link* {
        if (directory)
          return bpf_program__attach_cgroup(program_, directory.get());
        errno = directory.code();
        return nullptr;
      },
      [&](int code) {
        return cgroup_remedy(static_cast<bool>(directory), is_cgroup2(directory.get()), code);
      });
}

result<link> program::attach_cgroup(int cgroup_fd, const cgroup_options& options) {
  return detail::attach_fd_with(
      program_, detail::formatted("the cgroup of file descriptor %d", cgroup_fd),
      [&] { return create_cgroup_link(*this, cgroup_fd, options); },
      [&](int code) {
        return ordered_cgroup_remedy(*this, cgroup_fd, options,
                                     cgroup_remedy(true, is_cgroup2(cgroup_fd), code), code);
      });
}

result<link> program::attach_cgroup(const std::string& path, const cgroup_options& options) {
  const detail::unique_fd directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return detail::attach_fd_with(
      program_, detail::formatted("cgroup '%s'", path.c_str()),
      [&] {
        return directory ? create_cgroup_link(*this, directory.get(), options) : -directory.code();
      },
      [&](int code) {
        const auto opened = static_cast<bool>(directory);
        auto remedy = cgroup_remedy(opened, is_cgroup2(directory.get()), code);
        return opened
                   ? ordered_cgroup_remedy(*this, directory.get(), options, std::move(remedy), code)
                   : remedy;
      });
}

result<link> program::attach_netns(int netns_fd) {
  return detail::attach_with(
      program_, detail::formatted("the network namespace of file descriptor %d", netns_fd),
      [&] { return bpf_program__attach_netns(program_, netns_fd); },
      [&](int code) { return netns_remedy(*this, code); });
}

result<link> program::attach_netns(const std::string& path) {
  const detail::unique_fd space(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return detail::attach_with(
      program_, detail::formatted("network namespace '%s'", path.c_str()),
      [&]() -> bpf_link* {
        if (space)
          return bpf_program__attach_netns(program_, space.get());
        errno = space.code();
        return nullptr;
      },
      [&](int code) { return netns_remedy(*this, code); });
}

}  // namespace ebpfkit
