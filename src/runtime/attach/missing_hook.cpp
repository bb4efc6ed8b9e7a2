#include "missing_hook.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "../system/described_hooks.hpp"
#include "../system/hook_list.hpp"
#include "../system/nearest_name.hpp"
#include "../system/text.hpp"
#include "ebpfkit/object.hpp"

namespace ebpfkit {
namespace detail {

std::string missing_hook_text(hook_list list, std::string_view name) {
  if (list == hook_list::described)
    return missing_described_hook_text(name);
  static constexpr const char* kinds[] = {"function", "tracepoint", "raw tracepoint"};
  nearest_name nearest(name);
  if (may_have_hook(list, name, nearest))
    return {};
  return joined({"The running kernel has no ", kinds[static_cast<std::size_t>(list)], " '", name,
                 "'.", nearest.sentence()});
}

std::string missing_hook_of_log(std::string_view log) {
  struct message {
    const char* before;  // the name, in quotes
    hook_list list;
  };
  // libbpf.c: perf_event_kprobe_open_legacy(), bpf_program__attach_kprobe_opts(),
  // perf_event_open_tracepoint(), bpf_program__attach_raw_tracepoint().
  static constexpr message messages[] = {
      {"failed to create kprobe '", hook_list::functions},
      {"failed to create kretprobe '", hook_list::functions},
      {"failed to determine tracepoint '", hook_list::tracepoints},
      {"failed to attach to raw tracepoint '", hook_list::raw_tracepoints},
  };
  for (const auto& each : messages) {
    const std::string_view before(each.before);
    const auto at = log.find(before);
    if (at == log.npos)
      continue;
    auto name = log;
    name.remove_prefix(at + before.size());
    // "do_unlinkat+0x0"
    return missing_hook_text(each.list, first(name, name.find_first_of("'+\n")));
  }
  return missing_hook_remedy(log);
}

}  // namespace detail

std::string missing_named_hook_remedy(std::string_view libbpf_log) {
  return detail::missing_hook_of_log(libbpf_log);
}

}  // namespace ebpfkit
