#include "described_hooks.hpp"

#include <bpf/btf.h>
#include <linux/btf.h>
#include <string.h>

#include <string>
#include <string_view>

#include "../errors/log_capture.hpp"
#include "ebpfkit/object.hpp"
#include "kernel_btf.hpp"
#include "nearest_name.hpp"
#include "text.hpp"

namespace ebpfkit {
namespace detail {
namespace {

// The name by which SEC() calls the hook that a type of the kernel's BTF describes
// (btf_get_kernel_prefix_kind() of libbpf.c). Null when it describes none.
const char* described_hook(const btf* kernel, const btf_type* type) {
  struct prefix {
    unsigned kind;
    const char* text;
  };
  static constexpr prefix prefixes[] = {{BTF_KIND_TYPEDEF, "btf_trace_"},
                                        {BTF_KIND_FUNC, "bpf_lsm_"},
                                        {BTF_KIND_FUNC, "bpf_iter_"},
                                        {BTF_KIND_FUNC, ""}};
  const char* name = btf__name_by_offset(kernel, type->name_off);
  for (const auto& [kind, text] : prefixes) {
    if (btf_kind(type) == kind && strncmp(name, text, strlen(text)) == 0)
      return name + strlen(text);
  }
  return nullptr;
}

}  // namespace

bool may_describe_hook(std::string_view name, nearest_name& nearest) {
  const log_capture silence;
  const unique_btf kernel(btf__parse(kernel_btf_file, nullptr));
  if (!kernel)
    return true;
  for (unsigned id = 1; id < btf__type_cnt(kernel.get()); ++id) {
    const char* found = described_hook(kernel.get(), btf__type_by_id(kernel.get(), id));
    if (found && found == name)
      return true;
    if (found)
      nearest.add(found);
  }
  return false;
}

std::string missing_described_hook_text(std::string_view name) {
  nearest_name nearest(name);
  if (may_describe_hook(name, nearest))
    return {};
  return joined({"The running kernel has no function, tracepoint, LSM hook or iterator '", name,
                 "'.", nearest.sentence()});
}

}  // namespace detail

std::string missing_hook_remedy(std::string_view libbpf_log) {
  // libbpf_find_attach_btf_id() of libbpf.c
  constexpr std::string_view before = "failed to find kernel BTF type ID of '";
  const auto at = libbpf_log.find(before);
  if (at == libbpf_log.npos)
    return {};
  libbpf_log.remove_prefix(at + before.size());
  return detail::missing_described_hook_text(
      detail::first(libbpf_log, libbpf_log.find_first_of("'\n")));
}

}  // namespace ebpfkit
