// tc: programs on the traffic of a network interface, by tcx or by the clsact qdisc.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include <utility>

#include "../system/running_kernel.hpp"
#include "attach_with.hpp"
#include "ebpfkit/program.hpp"
#include "missing_interface.hpp"
#include "tc_filter.hpp"

namespace ebpfkit {
namespace {

// <linux/bpf.h> has these since Linux 6.6.
constexpr auto tcx_ingress = static_cast<bpf_attach_type>(46);
constexpr auto tcx_egress = static_cast<bpf_attach_type>(47);
constexpr unsigned before_others = 1U << 3;  // BPF_F_BEFORE

result<link> attach_tcx(bpf_program* program, const network_interface& interface,
                        tc_direction direction, bool first) {
  return detail::attach_fd_with(
      program, detail::tc_hook_text(interface, direction),
      [&] {
        bpf_link_create_opts options{};
        options.sz = sizeof(options);
        options.flags = first ? before_others : 0;
        return bpf_link_create(bpf_program__fd(program), static_cast<int>(interface.index()),
                               direction == tc_direction::ingress ? tcx_ingress : tcx_egress,
                               &options);
      },
      [&](int code) {
        auto remedy = detail::if_missing(interface);
        if (remedy.empty() && code == EINVAL)
          remedy = detail::if_older_than({6, 6}, "tcx attachments");
        if (remedy.empty() && code == EINVAL)
          remedy = "The program is not of a tc type (SEC(\"tc\")), or is for the other direction.";
        if (remedy.empty() && code == EEXIST)
          remedy = "This program is attached there already.";
        return remedy;
      });
}

}  // namespace

result<link> program::attach_tc(const network_interface& interface, tc_direction direction,
                                const tc_options& options) {
  if (options.method != tc_method::clsact) {
    auto attached = attach_tcx(program_, interface, direction, options.first);
    // EINVAL has two meanings. A kernel without tcx or without bpf_link returns it: try clsact. A
    // kernel with tcx returns it for a program that is for the other direction: do not try clsact,
    // which would accept that program.
    if (attached || attached.error().code != EINVAL || options.method == tc_method::tcx ||
        detail::if_older_than({6, 6}, "tcx attachments").empty())
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
