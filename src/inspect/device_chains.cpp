#include "inspect/device_chains.hpp"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/attach/link_create.hpp"

namespace ebpfkit::host {

std::vector<chained_program> read_device_chains(std::uint32_t interface_index) {
  std::vector<chained_program> found;
  for (const auto hook : {detail::tcx_ingress_hook, detail::tcx_egress_hook,
                          detail::netkit_primary_hook, detail::netkit_peer_hook}) {
    std::array<std::uint32_t, 64> programs{};  // BPF_MPROG_MAX of <linux/bpf_mprog.h>
    std::uint32_t count = programs.size();
    std::uint32_t flags = 0;
    // The index of an interface stands where a descriptor stands for other hooks.
    if (bpf_prog_query(static_cast<int>(interface_index), static_cast<bpf_attach_type>(hook), 0,
                       &flags, programs.data(), &count) != 0)
      continue;
    for (std::size_t i = 0; i < count && i < programs.size(); ++i)
      found.push_back({programs[i], hook});
  }
  return found;
}

bool is_tcx_hook(std::uint32_t hook) {
  return hook == detail::tcx_ingress_hook || hook == detail::tcx_egress_hook;
}

std::string device_hook_text(std::uint32_t hook, std::string_view interface) {
  switch (hook) {
    case detail::tcx_ingress_hook:
      return fmt::format("ingress of {}", interface);
    case detail::tcx_egress_hook:
      return fmt::format("egress of {}", interface);
    case detail::netkit_primary_hook:
      return fmt::format("primary of {}", interface);
    case detail::netkit_peer_hook:
      return fmt::format("peer of {}", interface);
    default:
      return fmt::format("hook {} of {}", hook, interface);
  }
}

}  // namespace ebpfkit::host
