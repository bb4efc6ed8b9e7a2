#include "ebpfkit/capabilities.hpp"

#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/capability.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "../system/running_kernel.hpp"
#include "../system/text.hpp"
#include "ebpfkit/features.hpp"
#include "instruction_needs.hpp"
#include "type_and_helper_tables.hpp"
#include "used_parts.hpp"

// Newer than the headers of some build machines.
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

namespace ebpfkit {
namespace {

using detail::formatted;

constexpr kernel_version with_cap_bpf{5, 8};
constexpr kernel_version with_memory_cgroups{5, 11};

// Types that newer headers have (enum bpf_prog_type, bpf_map_type).
constexpr unsigned program_type_netfilter = 32;

const char* name_of(int capability) {
  switch (capability) {
    case CAP_BPF:
      return "CAP_BPF";
    case CAP_PERFMON:
      return "CAP_PERFMON";
    case CAP_NET_ADMIN:
      return "CAP_NET_ADMIN";
    case CAP_SYS_RESOURCE:
      return "CAP_SYS_RESOURCE";
    default:
      return "CAP_SYS_ADMIN";
  }
}

// is_net_admin_prog_type() of kernel/bpf/syscall.c, and what only bpf_prog_attach() asks for.
bool needs_network_rights(unsigned type) {
  switch (type) {
    case BPF_PROG_TYPE_SCHED_CLS:
    case BPF_PROG_TYPE_SCHED_ACT:
    case BPF_PROG_TYPE_XDP:
    case BPF_PROG_TYPE_LWT_IN:
    case BPF_PROG_TYPE_LWT_OUT:
    case BPF_PROG_TYPE_LWT_XMIT:
    case BPF_PROG_TYPE_LWT_SEG6LOCAL:
    case BPF_PROG_TYPE_SK_SKB:
    case BPF_PROG_TYPE_SK_MSG:
    case BPF_PROG_TYPE_LIRC_MODE2:
    case BPF_PROG_TYPE_FLOW_DISSECTOR:
    case BPF_PROG_TYPE_SK_LOOKUP:
    case BPF_PROG_TYPE_CGROUP_SKB:
    case BPF_PROG_TYPE_CGROUP_DEVICE:
    case BPF_PROG_TYPE_CGROUP_SOCK:
    case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
    case BPF_PROG_TYPE_CGROUP_SOCKOPT:
    case BPF_PROG_TYPE_CGROUP_SYSCTL:
    case BPF_PROG_TYPE_SOCK_OPS:
    case BPF_PROG_TYPE_EXT:
    case program_type_netfilter:
      return true;
    default:
      return false;
  }
}

// is_perfmon_prog_type() of kernel/bpf/syscall.c.
bool needs_tracing_rights(unsigned type) {
  switch (type) {
    case BPF_PROG_TYPE_KPROBE:
    case BPF_PROG_TYPE_TRACEPOINT:
    case BPF_PROG_TYPE_PERF_EVENT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
    case BPF_PROG_TYPE_TRACING:
    case BPF_PROG_TYPE_LSM:
    case BPF_PROG_TYPE_STRUCT_OPS:
    case BPF_PROG_TYPE_EXT:
      return true;
    default:
      return false;
  }
}

// Helpers that bpf_base_func_proto() gives only with CAP_PERFMON.
bool reads_kernel_memory(unsigned helper) {
  switch (helper) {
    case BPF_FUNC_trace_printk:
    case BPF_FUNC_trace_vprintk:
    case BPF_FUNC_get_current_task:
    case BPF_FUNC_get_current_task_btf:
    case BPF_FUNC_task_pt_regs:
    case BPF_FUNC_probe_read_user:
    case BPF_FUNC_probe_read_kernel:
    case BPF_FUNC_probe_read_user_str:
    case BPF_FUNC_probe_read_kernel_str:
    case BPF_FUNC_snprintf:
    case BPF_FUNC_snprintf_btf:
      return true;
    default:
      return false;
  }
}

// sock_map_alloc(), dev_map_alloc(), xsk_map_alloc().
bool is_map_of_network(unsigned type) {
  return type == BPF_MAP_TYPE_SOCKMAP || type == BPF_MAP_TYPE_SOCKHASH ||
         type == BPF_MAP_TYPE_DEVMAP || type == BPF_MAP_TYPE_DEVMAP_HASH ||
         type == BPF_MAP_TYPE_XSKMAP;
}

class capability_finder {
 public:
  void look_at(const bpf_object* object);
  std::vector<capability_need> take();

 private:
  void add(int capability, std::string reason);
  void look_at_program(const bpf_program* program);
  void look_at_map(const bpf_map* map);

  bool has_cap_bpf_ = !detail::is_older(detail::running_kernel_version(), with_cap_bpf);
  std::string user_;
  std::vector<capability_need> needs_;
};

// Before Linux 5.8, CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON.
void capability_finder::add(int capability, std::string reason) {
  if (!has_cap_bpf_ && (capability == CAP_BPF || capability == CAP_PERFMON))
    capability = CAP_SYS_ADMIN;
  for (const auto& need : needs_)
    if (need.capability == capability && need.user == user_)
      return;
  needs_.push_back({capability, name_of(capability), user_, std::move(reason)});
}

void capability_finder::look_at(const bpf_object* object) {
  detail::for_each_used_part(
      object, [this](const bpf_program* program) { look_at_program(program); },
      [this](const bpf_map* map) { look_at_map(map); });
  user_ = formatted("object '%s'", bpf_object__name(object));
  if (bpf_object__btf(object))
    add(CAP_BPF, "loading its BTF");
  if (!needs_.empty() && detail::is_older(detail::running_kernel_version(), with_memory_cgroups))
    add(CAP_SYS_RESOURCE, "raising RLIMIT_MEMLOCK, which maps and programs count against");
}

void capability_finder::look_at_program(const bpf_program* program) {
  user_ = formatted("program '%s'", bpf_program__name(program));
  const unsigned type = bpf_program__type(program);
  const auto of_type = formatted("programs of type %s", detail::program_type_name(type).c_str());
  add(CAP_BPF, of_type);
  if (needs_network_rights(type))
    add(CAP_NET_ADMIN, of_type);
  if (needs_tracing_rights(type))
    add(CAP_PERFMON, of_type);
  const auto found =
      detail::scan_instructions(bpf_program__insns(program), bpf_program__insn_cnt(program));
  for (const unsigned helper : found.helpers) {
    if (reads_kernel_memory(helper))
      add(CAP_PERFMON, formatted("helper %s", helper_name(helper).c_str()));
    if (helper == BPF_FUNC_probe_write_user)
      add(CAP_SYS_ADMIN, formatted("helper %s", helper_name(helper).c_str()));
  }
}

void capability_finder::look_at_map(const bpf_map* map) {
  user_ = formatted("map '%s'", bpf_map__name(map));
  const unsigned type = bpf_map__type(map);
  const auto of_type = formatted("maps of type %s", detail::map_type_name(type).c_str());
  add(CAP_BPF, of_type);
  if (is_map_of_network(type))
    add(CAP_NET_ADMIN, of_type);
}

std::vector<capability_need> capability_finder::take() {
  std::stable_sort(needs_.begin(), needs_.end(),
                   [](const auto& a, const auto& b) { return a.name < b.name; });
  return std::move(needs_);
}

}  // namespace

std::vector<capability_need> capabilities_of(const bpf_object* object) {
  capability_finder finder;
  finder.look_at(object);
  return finder.take();
}

std::string capability_names(const std::vector<capability_need>& needs) {
  std::vector<std::string> names;
  for (const auto& need : needs)
    names.push_back(need.name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string text;
  for (const auto& name : names) {
    if (!text.empty())
      text += ' ';
    text += name;
  }
  return text;
}

}  // namespace ebpfkit
