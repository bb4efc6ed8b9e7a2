#include "ebpfkit/hook_programs.hpp"

#include <errno.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../errors/worded_diagnosis.hpp"
#include "../system/running_kernel.hpp"
#include "../system/text.hpp"
#include "link_create.hpp"
#include "missing_interface.hpp"

namespace ebpfkit {
namespace {

// The attributes of BPF_PROG_QUERY (struct query of union bpf_attr, Linux 6.6).
struct query_attributes {
  std::uint32_t target;  // a descriptor or an interface's index
  std::uint32_t attach_type;
  std::uint32_t query_flags;
  std::uint32_t attach_flags;
  std::uint64_t program_ids;
  std::uint32_t count;
  std::uint32_t zero;
  std::uint64_t program_flags;
  std::uint64_t link_ids;
  std::uint64_t link_flags;
  std::uint64_t revision;
};

std::uint64_t address_of_ids(std::vector<std::uint32_t>& ids) {
  return reinterpret_cast<std::uintptr_t>(ids.data());
}

// Stores the programs in `found`. Returns 0 or an errno.
int query(std::uint32_t target, std::uint32_t attach_type, std::uint32_t flags, bool has_links,
          hook_programs& found) {
  constexpr std::size_t most = 1 << 16;  // the kernel allows 64 programs in a hook of a kind
  for (std::size_t room = 64; room <= most; room *= 4) {
    std::vector<std::uint32_t> programs(room);
    std::vector<std::uint32_t> links(has_links ? room : 0);
    query_attributes attributes{};
    attributes.target = target;
    attributes.attach_type = attach_type;
    attributes.query_flags = flags;
    attributes.program_ids = address_of_ids(programs);
    attributes.count = static_cast<std::uint32_t>(room);
    if (has_links)
      attributes.link_ids = address_of_ids(links);
    if (syscall(SYS_bpf, BPF_PROG_QUERY, &attributes, sizeof(attributes)) != 0) {
      if (errno == ENOSPC)
        continue;
      return errno;
    }
    const auto count = std::min<std::size_t>(attributes.count, room);
    found.revision = attributes.revision;
    for (std::size_t i = 0; i < count; ++i)
      found.programs.push_back({programs[i], has_links ? links[i] : 0});
    return 0;
  }
  return ENOSPC;
}

ebpfkit::error query_error(std::string hook, int code, std::string remedy) {
  return detail::diagnose_worded("read", "the programs of " + std::move(hook), code,
                                 std::move(remedy));
}

}  // namespace

result<hook_programs> tcx_programs(const network_interface& interface, tc_direction direction) {
  const bool is_ingress = direction == tc_direction::ingress;
  hook_programs found;
  const int code =
      query(interface.index(), is_ingress ? detail::tcx_ingress_hook : detail::tcx_egress_hook, 0,
            true, found);
  // A hook that never had a program: mprog_query() of older kernels.
  if (code == 0 || (code == ENOENT && detail::if_missing(interface).empty()))
    return found;
  auto remedy = detail::if_missing(interface);
  if (remedy.empty())
    remedy = detail::if_older_than({6, 6}, "tcx programs");
  return query_error(
      detail::formatted(is_ingress ? "ingress of %s" : "egress of %s", interface.text().c_str()),
      code, std::move(remedy));
}

result<hook_programs> netkit_programs(const network_interface& primary, netkit_end end) {
  hook_programs found;
  const int code =
      query(primary.index(),
            end == netkit_end::primary ? detail::netkit_primary_hook : detail::netkit_peer_hook, 0,
            true, found);
  if (code == 0)
    return found;
  auto remedy = detail::if_missing(primary);
  if (remedy.empty())
    remedy = detail::if_older_than({6, 7}, "netkit programs");
  if (remedy.empty())
    remedy = "It is no netkit device, or the running kernel was built without CONFIG_NETKIT.";
  return query_error("netkit at " + primary.text(), code, std::move(remedy));
}

result<hook_programs> cgroup_programs(int cgroup_fd, std::uint32_t attach_type, bool effective) {
  hook_programs found;
  const int code = query(static_cast<std::uint32_t>(cgroup_fd), attach_type,
                         effective ? BPF_F_QUERY_EFFECTIVE : 0U, false, found);
  if (code == 0)
    return found;
  return query_error(detail::formatted("the cgroup of file descriptor %d", cgroup_fd), code,
                     code == EBADF    ? "It is no directory of cgroup version 2."
                     : code == EINVAL ? "The running kernel has no such hook of cgroups."
                                      : "");
}

}  // namespace ebpfkit
