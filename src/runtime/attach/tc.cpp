// tc: programs on the traffic of a network interface, by tcx or by the clsact qdisc.
#include <bpf/libbpf.h>
#include <errno.h>

#include <cstdint>
#include <utility>

#include "../system/running_kernel.hpp"
#include "attach_with.hpp"
#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/program.hpp"
#include "link_create.hpp"
#include "missing_interface.hpp"
#include "tc_filter.hpp"

namespace ebpfkit {
namespace {

result<link> attach_tcx(bpf_program* program, const network_interface& interface,
                        tc_direction direction, const attach_order& order) {
  return detail::attach_fd_with(
      program, detail::tc_hook_text(interface, direction),
      [&] {
        return detail::create_link(
            {static_cast<std::uint32_t>(bpf_program__fd(program)), interface.index(),
             direction == tc_direction::ingress ? detail::tcx_ingress_hook
                                                : detail::tcx_egress_hook,
             order.flags()},
            detail::attributes_of(order));
      },
      [&](int code) {
        auto remedy = detail::if_missing(interface);
        if (remedy.empty() && code == EINVAL)
          remedy = detail::if_older_than({6, 6}, "tcx attachments");
        if (remedy.empty() && code == EINVAL)
          remedy = "The program is not of a tc type (SEC(\"tc\")), or is for the other direction.";
        if (remedy.empty())
          remedy = detail::order_remedy(order, code);
        if (remedy.empty() && code == EEXIST)
          remedy = "This program is attached there already.";
        return remedy;
      });
}

}  // namespace

result<link> program::attach_tc(const network_interface& interface, tc_direction direction,
                                const tc_options& options) {
  if (options.method != tc_method::clsact) {
    auto attached = attach_tcx(program_, interface, direction, options.order);
    // EINVAL has two meanings. A kernel without tcx or without bpf_link returns it: try clsact. A
    // kernel with tcx returns it for a program that is for the other direction: do not try clsact,
    // which would accept that program.
    if (attached || attached.error().code != EINVAL || options.method == tc_method::tcx ||
        !options.order.is_default() || detail::if_older_than({6, 6}, "tcx attachments").empty())
      return attached;
  }
  auto filter = detail::tc_filter::attach(program_, interface, direction, options);
  if (filter)
    return detail::owned_by_caller(program_, *std::move(filter));
  auto failure = filter.error();
  if (auto missing = detail::if_missing(interface); !missing.empty())
    failure.remedy = std::move(missing);
  return failure;
}

}  // namespace ebpfkit
