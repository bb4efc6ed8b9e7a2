// netkit devices, and the hooks of netfilter.
#include <errno.h>

#include <cstdint>
#include <string>

#include "../system/running_kernel.hpp"
#include "../system/text.hpp"
#include "attach_with.hpp"
#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/program.hpp"
#include "link_create.hpp"
#include "missing_interface.hpp"

namespace ebpfkit {
namespace {

std::string netkit_remedy(const network_interface& primary, const attach_order& order, int code) {
  if (auto missing = detail::if_missing(primary); !missing.empty())
    return missing;
  if (auto old = detail::if_older_than({6, 7}, "netkit attachments"); !old.empty())
    return old;
  if (const std::string known = detail::order_remedy(order, code); !known.empty())
    return known;
  if (code == EACCES)
    return "Programs of both ends are attached at the primary device, and this is the peer.";
  if (code == EEXIST)
    return "This program is attached there already.";
  return "It is no netkit device (ip link add type netkit; CONFIG_NETKIT), or the program is not "
         "SEC(\"tc\").";
}

std::string netfilter_remedy(const netfilter_options& options, int code) {
  if (auto old = detail::if_older_than({6, 4}, "netfilter links"); !old.empty())
    return old;
  if (options.defragment) {
    if (auto old = detail::if_older_than({6, 6}, "netfilter_options::defragment"); !old.empty())
      return old;
  }
  switch (code) {
    case EBUSY:
      return "A program is attached there with this priority: choose another "
             "netfilter_options::priority.";
    case ERANGE:
      return options.defragment ? "With netfilter_options::defragment, the priority must be above "
                                  "-400, and INT_MAX is the kernel's."
                                : "The priorities INT_MIN and INT_MAX are the kernel's.";
    case EAFNOSUPPORT:
      return "netfilter_options::family must be NFPROTO_IPV4 (2) or NFPROTO_IPV6 (10).";
    case EOPNOTSUPP:
      return "The running kernel was built without CONFIG_NETFILTER_BPF_LINK.";
    case EINVAL:
      return "The program is not of type netfilter (SEC(\"netfilter\")), netfilter_options::hook "
             "is above 4, or the running kernel was built without CONFIG_NETFILTER_BPF_LINK.";
    default:
      return {};
  }
}

}  // namespace

result<link> program::attach_netkit(const network_interface& primary, netkit_end end,
                                    const attach_order& order) {
  return detail::attach_fd_with(
      program_,
      detail::formatted(end == netkit_end::primary ? "netkit primary at %s" : "netkit peer at %s",
                        primary.text().c_str()),
      [&] {
        return detail::create_link(
            {static_cast<std::uint32_t>(fd()), primary.index(),
             end == netkit_end::primary ? detail::netkit_primary_hook : detail::netkit_peer_hook,
             order.flags()},
            detail::attributes_of(order));
      },
      [&](int code) { return netkit_remedy(primary, order, code); });
}

result<link> program::attach_netfilter(const netfilter_options& options) {
  return detail::attach_fd_with(
      program_,
      detail::formatted("netfilter hook %u of family %u with priority %d", options.hook,
                        options.family, options.priority),
      [&] {
        struct alignas(8) {
          std::uint32_t family;
          std::uint32_t hook;
          std::int32_t priority;
          std::uint32_t flags;
        } const more{options.family, options.hook, options.priority, options.defragment ? 1U : 0U};
        return detail::create_link({static_cast<std::uint32_t>(fd()), 0, detail::netfilter_hook, 0},
                                   more);
      },
      [&](int code) { return netfilter_remedy(options, code); });
}

}  // namespace ebpfkit
