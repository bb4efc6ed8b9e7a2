#include "object/section_names.hpp"

#include <fmt/format.h>

#include "input/elf_sections.hpp"
#include "runtime/system/section_names.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {
namespace {

// section_defs of libbpf.c. libbpf_prog_type_by_name() of libbpf 1.1 and 1.5 prints these names;
// fsession and uprobe.session are newer. The runtime asks the libbpf that the application has,
// instead of this list.
constexpr std::string_view known_sections =
    "action cgroup/bind4 cgroup/bind6 cgroup/connect4 cgroup/connect6 cgroup/connect_unix "
    "cgroup/dev cgroup/getpeername4 cgroup/getpeername6 cgroup/getpeername_unix "
    "cgroup/getsockname4 cgroup/getsockname6 cgroup/getsockname_unix cgroup/getsockopt "
    "cgroup/post_bind4 cgroup/post_bind6 cgroup/recvmsg4 cgroup/recvmsg6 "
    "cgroup/recvmsg_unix cgroup/sendmsg4 cgroup/sendmsg6 cgroup/sendmsg_unix "
    "cgroup/setsockopt cgroup/skb cgroup/sock cgroup/sock_create cgroup/sock_release "
    "cgroup/sysctl cgroup_skb/egress cgroup_skb/ingress classifier fentry+ fentry.s+ "
    "fexit+ fexit.s+ flow_dissector fmod_ret+ fmod_ret.s+ freplace+ fsession+ fsession.s+ "
    "iter+ iter.s+ kprobe+ kprobe.multi+ kprobe.session+ kretprobe+ kretprobe.multi+ "
    "kretsyscall+ ksyscall+ lirc_mode2 lsm+ lsm.s+ lsm_cgroup+ lwt_in lwt_out "
    "lwt_seg6local lwt_xmit netfilter netkit/peer netkit/primary perf_event raw_tp+ "
    "raw_tp.w+ raw_tracepoint+ raw_tracepoint.w+ sk_lookup sk_msg sk_reuseport "
    "sk_reuseport/migrate sk_skb sk_skb/stream_parser sk_skb/stream_verdict sk_skb/verdict "
    "socket sockops struct_ops+ struct_ops.s+ syscall tc tc/egress tc/ingress tcx/egress "
    "tcx/ingress tp+ tp_btf+ tracepoint+ uprobe+ uprobe.multi+ uprobe.multi.s+ uprobe.s+ "
    "uprobe.session+ uprobe.session.s+ uretprobe+ uretprobe.multi+ uretprobe.multi.s+ "
    "uretprobe.s+ usdt+ usdt.s+ xdp xdp.frags xdp.frags/cpumap xdp.frags/devmap xdp/cpumap "
    "xdp/devmap";

// libbpf skips sections with other names, and does not load a program that uses what is in them.
constexpr std::string_view misspelt_map_sections[] = {".map",  "map",   ".Maps",
                                                      ".MAPS", ".mpas", ".mapss"};

}  // namespace

std::string better_section(std::string_view section) {
  return detail::better_section(section, known_sections);
}

std::vector<std::string> section_warnings(const bpf_object_file& object) {
  const auto& shown = object.path();
  const elf_sections sections(object.bytes(), shown);
  if (sections.has("maps"))
    throw failure(fmt::format("'{}': SEC(\"maps\") holds maps of a kind that no libbpf since 1.0 "
                              "reads",
                              shown),
                  "Declare them with __uint() and __type() of <bpf/bpf_helpers.h> in "
                  "SEC(\".maps\").");
  std::vector<std::string> warnings;
  for (const auto name : misspelt_map_sections) {
    if (sections.has(name))
      warnings.push_back(fmt::format(
          "'{}': libbpf reads no SEC(\"{}\"); maps belong into SEC(\".maps\")", shown, name));
  }
  for (const auto& program : object.programs()) {
    std::string_view section = program.section.raw();
    // The application turns such a program on (SEC("?...")).
    if (section.starts_with('?'))
      section.remove_prefix(1);
    if (const auto better = better_section(section); !better.empty())
      warnings.push_back(
          fmt::format("'{}': program '{}': SEC(\"{}\") names no program type; write SEC(\"{}\")",
                      shown, program.name, printable(section), printable(better)));
  }
  if (!object.programs().empty() && !sections.has("license"))
    warnings.push_back(fmt::format(
        "'{}': no source gives the license; the kernel refuses helpers that are only for the GPL. "
        "Add to one source: char LICENSE[] SEC(\"license\") = \"GPL\";",
        shown));
  return warnings;
}

}  // namespace ebpfkit::host
