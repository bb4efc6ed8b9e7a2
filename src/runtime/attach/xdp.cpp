// XDP: programs on the receive path of a network interface.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>

#include <string>

#include "../errors/diagnosis.hpp"
#include "../system/loaded_program.hpp"
#include "../system/running_kernel.hpp"
#include "../system/text.hpp"
#include "attach_with.hpp"
#include "ebpfkit/program.hpp"
#include "missing_interface.hpp"

namespace ebpfkit {
namespace {

using detail::formatted;

unsigned flags_of(xdp_mode mode) {
  switch (mode) {
    case xdp_mode::automatic:
      return 0;
    case xdp_mode::native:
      return XDP_FLAGS_DRV_MODE;
    case xdp_mode::generic:
      return XDP_FLAGS_SKB_MODE;
    case xdp_mode::offload:
      return XDP_FLAGS_HW_MODE;
  }
  return 0;
}

const char* text_of(xdp_mode mode) {
  switch (mode) {
    case xdp_mode::automatic:
      return "XDP";
    case xdp_mode::native:
      return "native XDP";
    case xdp_mode::generic:
      return "generic XDP";
    case xdp_mode::offload:
      return "offloaded XDP";
  }
  return "";
}

int query_xdp(unsigned index, bpf_xdp_query_opts& found) {
  found = {};
  found.sz = sizeof(found);
  return bpf_xdp_query(static_cast<int>(index), 0, &found);
}

// Which programs are attached to the interface, and in which mode.
std::string occupant_of(unsigned index) {
  bpf_xdp_query_opts found;
  if (query_xdp(index, found) != 0)
    return {};
  std::string text;
  const auto add = [&text](unsigned id, xdp_mode mode) {
    if (id != 0)
      text += formatted(
          text.empty() ? "The %s is attached there as %s" : ", the %s is attached there as %s",
          detail::loaded_program_text(id).c_str(), text_of(mode));
  };
  add(found.drv_prog_id, xdp_mode::native);
  add(found.skb_prog_id, xdp_mode::generic);
  add(found.hw_prog_id, xdp_mode::offload);
  if (!text.empty())
    text +=
        ": detach it first (bpftool net, bpftool link); an interface has one program, in native or "
        "in generic mode.";
  return text;
}

std::string xdp_remedy(const network_interface& interface, xdp_mode mode, int code) {
  if (auto missing = detail::if_missing(interface); !missing.empty())
    return missing;
  if (code == EBUSY || code == EEXIST)
    return occupant_of(interface.index());
  if (mode == xdp_mode::offload)
    return "Offload needs a device and driver that support it (such as netronome's nfp), and a "
           "program loaded for that device (program::set_interface() before load()).";
  if (code == EOPNOTSUPP && mode == xdp_mode::native)
    return "Its driver has no native XDP: use xdp_mode::generic, or xdp_mode::automatic.";
  if (auto old = detail::if_older_than({5, 9}, "XDP links"); code == EINVAL && !old.empty())
    return old;
  if (code == EINVAL || code == EOPNOTSUPP || code == ERANGE || code == ENOSPC)
    return "The program is not of type XDP (SEC(\"xdp\")), or the driver refuses it in native mode "
           "(MTU, number of queues, LRO): xdp_mode::generic works with any driver.";
  return {};
}

}  // namespace

result<link> program::attach_xdp(const network_interface& interface, xdp_mode mode) {
  // bpf_program__attach_xdp() takes no flags.
  return detail::attach_fd_with(
      program_, formatted("%s of %s", text_of(mode), interface.text().c_str()),
      [&] {
        bpf_link_create_opts options{};
        options.sz = sizeof(options);
        options.flags = flags_of(mode);
        return bpf_link_create(fd(), static_cast<int>(interface.index()), BPF_XDP, &options);
      },
      [&](int code) { return xdp_remedy(interface, mode, code); });
}

result<xdp_mode> program::active_xdp_mode(const network_interface& interface) const {
  detail::log_capture log;
  bpf_xdp_query_opts found;
  const int code = query_xdp(interface.index(), found);
  const auto own = detail::loaded_program_of(fd()).id;
  if (code == 0 && own != 0) {
    if (own == found.drv_prog_id)
      return xdp_mode::native;
    if (own == found.skb_prog_id)
      return xdp_mode::generic;
    if (own == found.hw_prog_id)
      return xdp_mode::offload;
  }
  auto failure = detail::diagnose(detail::operation::find_xdp_mode,
                                  formatted("program '%s' on %s", name(), interface.text().c_str()),
                                  code != 0 ? code : ENOENT, log.take());
  failure.remedy = detail::if_missing(interface);
  if (failure.remedy.empty() && code == 0)
    failure.remedy = "The program is not attached there.";
  return failure;
}

}  // namespace ebpfkit
