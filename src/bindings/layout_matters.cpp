#include "bindings/layout_matters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

constexpr std::array<std::string_view, 18> contexts = {
    "__sk_buff",           "bpf_cgroup_dev_ctx",
    "bpf_flow_keys",       "bpf_nf_ctx",
    "bpf_perf_event_data", "bpf_raw_tracepoint_args",
    "bpf_sk_lookup",       "bpf_sock",
    "bpf_sock_addr",       "bpf_sock_ops",
    "bpf_sockopt",         "bpf_sysctl",
    "bpf_tcp_sock",        "pt_regs",
    "sk_msg_md",           "sk_reuseport_md",
    "user_pt_regs",        "xdp_md"};

constexpr std::array<std::string_view, 24> packet_headers = {
    "arphdr",  "dccp_hdr",   "ethhdr",      "frag_hdr",    "gre_base_hdr", "icmp6hdr",
    "icmphdr", "igmphdr",    "ip_auth_hdr", "ip_esp_hdr",  "iphdr",        "ipv6_opt_hdr",
    "ipv6hdr", "mpls_label", "nd_msg",      "pppoe_hdr",   "ra_msg",       "rt0_hdr",
    "sctphdr", "tcphdr",     "udphdr",      "vlan_ethhdr", "vlan_hdr",     "vxlanhdr"};

bool contains(const auto& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

std::string_view why_layout_matters(std::string_view record_name) {
  if (contains(contexts, record_name))
    return "the kernel passes it to programs, and they must use the kernel's offsets";
  if (contains(packet_headers, record_name))
    return "it is part of packets, and the protocol sets its size and offsets";
  return {};
}

void check_partial_records(const type_graph& graph, const type_selection& selection) {
  std::string problems;
  std::string names;
  for (const auto& [record, members] : selection.members) {
    if (selection.extents[record] != record_extent::members)
      continue;
    const auto reason = why_layout_matters(graph.name(record));
    if (reason.empty())
      continue;
    problems += fmt::format("{}FIELDS cannot take members of '{}': {}",
                            problems.empty() ? "" : "\n", graph.describe(record), reason);
    names += fmt::format(" {}", graph.name(record));
  }
  if (!problems.empty())
    throw failure(problems, fmt::format("Ask for the whole type: TYPES{}.", names));
}

}  // namespace ebpfkit::host
