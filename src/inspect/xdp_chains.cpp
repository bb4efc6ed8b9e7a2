#include "inspect/xdp_chains.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/btf.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "runtime/attach/xdp_dispatcher.hpp"
#include "support/file_descriptor.hpp"

namespace ebpfkit::host {

namespace {

struct free_btf {
  void operator()(btf* types) const { btf__free(types); }
};

std::optional<detail::xdp_dispatcher_settings> read_settings(std::uint32_t program_id) {
  const file_descriptor opened(bpf_prog_get_fd_by_id(program_id));
  detail::xdp_dispatcher_settings settings;
  if (opened.get() < 0 || detail::read_xdp_dispatcher(opened.get(), settings) != 0)
    return std::nullopt;
  return settings;
}

}  // namespace

bool is_xdp_dispatcher(std::uint32_t program_id) {
  return read_settings(program_id).has_value();
}

std::optional<dispatched_programs> read_dispatched_programs(const loaded_program& dispatcher) {
  const auto settings = read_settings(dispatcher.id);
  if (!settings)
    return std::nullopt;
  dispatched_programs found;
  found.count = settings->count;
  const std::unique_ptr<btf, free_btf> types(btf__load_from_kernel_by_id(dispatcher.btf_id));
  if (types == nullptr)
    return found;
  const auto links = loaded_links();
  for (std::size_t i = 0; i < settings->count; ++i) {
    const auto slot =
        btf__find_by_name_kind(types.get(), detail::xdp_slot_name(i).c_str(), BTF_KIND_FUNC);
    const auto link = std::ranges::find_if(links, [&](const auto& one) {
      return one.target_program_id == dispatcher.id && slot > 0 &&
             one.target_type_id == static_cast<std::uint32_t>(slot);
    });
    if (link == links.end())
      continue;
    const file_descriptor opened(bpf_prog_get_fd_by_id(link->program_id));
    auto program = opened.get() < 0 ? std::nullopt : read_program(opened.get());
    if (program)
      found.programs.push_back({std::move(*program), settings->priorities[i]});
  }
  return found;
}

}  // namespace ebpfkit::host
