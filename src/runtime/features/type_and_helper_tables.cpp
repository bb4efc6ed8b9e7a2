// Names, first releases and configuration options of program types, map types and helpers. The
// releases are those of the commits that added them to include/uapi/linux/bpf.h.
#include "type_and_helper_tables.hpp"

#include <bpf/libbpf.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>

#include "../system/text.hpp"
#include "attempts.hpp"

namespace ebpfkit {
namespace {

constexpr kernel_version program_type_releases[] = {
    {},      {3, 19}, {4, 1},  {4, 1},  {4, 1},  {4, 7},  {4, 8},  {4, 9},  {4, 10},
    {4, 10}, {4, 10}, {4, 10}, {4, 10}, {4, 13}, {4, 14}, {4, 15}, {4, 17}, {4, 17},
    {4, 17}, {4, 18}, {4, 18}, {4, 19}, {4, 20}, {5, 2},  {5, 2},  {5, 3},  {5, 5},
    {5, 6},  {5, 6},  {5, 7},  {5, 9},  {5, 14}, {6, 4}};
static_assert(std::size(program_type_releases) == detail::last_program_type + 1);

constexpr kernel_version map_type_releases[] = {
    {},      {3, 19}, {3, 19}, {4, 2},  {4, 3},  {4, 6},  {4, 6},  {4, 6},  {4, 8},
    {4, 10}, {4, 10}, {4, 11}, {4, 12}, {4, 12}, {4, 14}, {4, 14}, {4, 15}, {4, 18},
    {4, 18}, {4, 19}, {4, 19}, {4, 20}, {4, 20}, {4, 20}, {5, 2},  {5, 4},  {5, 6},
    {5, 8},  {5, 10}, {5, 11}, {5, 16}, {6, 1},  {6, 2},  {6, 9}};
static_assert(std::size(map_type_releases) == detail::last_map_type + 1);

// The last helper number of each release. The kernel numbered helpers in the order in which they
// came. The list has been closed since Linux 6.2; what came later are kernel functions.
struct last_helper {
  unsigned number;
  kernel_version release;
};
constexpr last_helper helper_releases[] = {
    {3, {3, 19}},   {11, {4, 1}},   {16, {4, 2}},   {22, {4, 3}},   {25, {4, 4}},   {26, {4, 5}},
    {30, {4, 6}},   {36, {4, 8}},   {41, {4, 9}},   {44, {4, 10}},  {45, {4, 11}},  {47, {4, 12}},
    {50, {4, 13}},  {53, {4, 14}},  {57, {4, 15}},  {59, {4, 16}},  {64, {4, 17}},  {80, {4, 18}},
    {83, {4, 19}},  {90, {4, 20}},  {92, {5, 0}},   {98, {5, 1}},   {108, {5, 2}},  {110, {5, 3}},
    {115, {5, 5}},  {118, {5, 6}},  {124, {5, 7}},  {135, {5, 8}},  {141, {5, 9}},  {155, {5, 10}},
    {162, {5, 11}}, {163, {5, 12}}, {165, {5, 13}}, {168, {5, 14}}, {175, {5, 15}}, {179, {5, 16}},
    {185, {5, 17}}, {193, {5, 18}}, {203, {5, 19}}, {207, {6, 0}},  {209, {6, 1}},  {211, {6, 2}}};

#define EBPFKIT_HELPER_NAME(name) "bpf_" #name
constexpr const char* helper_names[] = {__BPF_FUNC_MAPPER(EBPFKIT_HELPER_NAME)};
#undef EBPFKIT_HELPER_NAME

template <std::size_t Count>
kernel_version release_of(const kernel_version (&releases)[Count], unsigned number) noexcept {
  return number < Count ? releases[number] : kernel_version{};
}

}  // namespace

const char* support_text(support state) noexcept {
  switch (state) {
    case support::absent:
      return "absent";
    case support::present:
      return "present";
    default:
      return "unknown";
  }
}

std::string helper_name(unsigned helper) {
  // Number 0 is bpf_unspec, which is not a helper.
  if (helper != 0 && helper < std::size(helper_names))
    return helper_names[helper];
  return detail::formatted("%u", helper);
}

kernel_version helper_since(unsigned helper) noexcept {
  if (helper == 0)
    return {};
  for (const auto& last : helper_releases)
    if (helper <= last.number)
      return last.release;
  return {};
}

namespace detail {

bool is_known(kernel_version version) noexcept {
  return version.version != 0;
}

std::string to_text(kernel_version version) {
  if (!is_known(version))
    return "?";
  return formatted("%u.%u", version.version, version.patchlevel);
}

std::string program_type_name(unsigned program_type) {
  if (program_type == program_type_netfilter)
    return "netfilter";
  const char* name = libbpf_bpf_prog_type_str(static_cast<bpf_prog_type>(program_type));
  return name ? name : formatted("%u", program_type);
}

std::string map_type_name(unsigned map_type) {
  if (map_type == map_type_cgrp_storage)
    return "cgrp_storage";
  if (map_type == map_type_arena)
    return "arena";
  const char* name = libbpf_bpf_map_type_str(static_cast<bpf_map_type>(map_type));
  return name ? name : formatted("%u", map_type);
}

kernel_version program_type_since(unsigned program_type) noexcept {
  return release_of(program_type_releases, program_type);
}

kernel_version map_type_since(unsigned map_type) noexcept {
  return release_of(map_type_releases, map_type);
}

// include/linux/bpf_types.h
const char* program_type_option(unsigned program_type) noexcept {
  switch (program_type) {
    case BPF_PROG_TYPE_KPROBE:
    case BPF_PROG_TYPE_TRACEPOINT:
    case BPF_PROG_TYPE_PERF_EVENT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
      return "CONFIG_BPF_EVENTS";
    case BPF_PROG_TYPE_TRACING:
      return "CONFIG_BPF_EVENTS and CONFIG_DEBUG_INFO_BTF";
    case BPF_PROG_TYPE_LSM:
      return "CONFIG_BPF_LSM and CONFIG_DEBUG_INFO_BTF";
    case BPF_PROG_TYPE_EXT:
    case BPF_PROG_TYPE_STRUCT_OPS:
      return "CONFIG_BPF_JIT and CONFIG_DEBUG_INFO_BTF";
    case BPF_PROG_TYPE_CGROUP_DEVICE:
    case BPF_PROG_TYPE_CGROUP_SYSCTL:
    case BPF_PROG_TYPE_CGROUP_SOCKOPT:
      return "CONFIG_CGROUP_BPF";
    case BPF_PROG_TYPE_LWT_SEG6LOCAL:
      return "CONFIG_IPV6_SEG6_BPF";
    case BPF_PROG_TYPE_LIRC_MODE2:
      return "CONFIG_BPF_LIRC_MODE2";
    case BPF_PROG_TYPE_SYSCALL:
      return "CONFIG_BPF_SYSCALL";
    case program_type_netfilter:
      return "CONFIG_NETFILTER_BPF_LINK";
    default:
      return "CONFIG_NET";
  }
}

const char* map_type_option(unsigned map_type) noexcept {
  switch (map_type) {
    case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
    case BPF_MAP_TYPE_STACK_TRACE:
      return "CONFIG_PERF_EVENTS";
    case BPF_MAP_TYPE_CGROUP_ARRAY:
    case map_type_cgrp_storage:
      return "CONFIG_CGROUPS";
    case BPF_MAP_TYPE_CGROUP_STORAGE:
    case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
      return "CONFIG_CGROUP_BPF";
    case BPF_MAP_TYPE_DEVMAP:
    case BPF_MAP_TYPE_DEVMAP_HASH:
    case BPF_MAP_TYPE_CPUMAP:
    case BPF_MAP_TYPE_SK_STORAGE:
    case BPF_MAP_TYPE_SOCKMAP:
    case BPF_MAP_TYPE_SOCKHASH:
    case BPF_MAP_TYPE_REUSEPORT_SOCKARRAY:
      return "CONFIG_NET";
    case BPF_MAP_TYPE_XSKMAP:
      return "CONFIG_XDP_SOCKETS";
    case BPF_MAP_TYPE_STRUCT_OPS:
      return "CONFIG_BPF_JIT and CONFIG_DEBUG_INFO_BTF";
    case BPF_MAP_TYPE_INODE_STORAGE:
      return "CONFIG_BPF_LSM";
    case map_type_arena:
      return "CONFIG_MMU, and a CPU whose JIT has arenas";
    default:
      return nullptr;
  }
}

}  // namespace detail
}  // namespace ebpfkit
