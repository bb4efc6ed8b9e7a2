// Which capabilities a process needs to load and attach what is in a BPF object.
#pragma once

#include <string>
#include <vector>

struct bpf_object;

namespace ebpfkit {

// A capability that a part of an object needs.
struct capability_need {
  int capability = 0;  // CAP_BPF and so on of linux/capability.h
  std::string name;    // "CAP_BPF"
  std::string user;    // "program 'count'", "map 'sockets'" or "object 'packets'"
  std::string reason;  // "programs of type xdp", "helper bpf_trace_printk"
};

// Returns what the programs that load automatically and the maps that the load creates need on the
// running kernel. The object is opened; whether it is loaded does not matter. Sorted by name, then
// in the order of the object; a part of the object has each capability at most once. Fails never.
//
// Since Linux 5.8: CAP_BPF for programs, maps and BTF; CAP_PERFMON for tracing programs, and for
// helpers that read kernel memory or print; CAP_NET_ADMIN for networking programs, for attaching
// programs of cgroups, and for maps of sockets and devices; CAP_SYS_ADMIN for
// bpf_probe_write_user(). Before 5.8: CAP_SYS_ADMIN, and CAP_NET_ADMIN for what is attached to
// networks and cgroups. Before 5.11 also CAP_SYS_RESOURCE, because maps count against
// RLIMIT_MEMLOCK, which libbpf raises.
//
// It does not tell:
//   - what permissions of files need: a user other than root needs CAP_DAC_READ_SEARCH for the
//     numbers of tracepoints in tracefs, and the right to write into bpffs for pins;
//   - that kernels with kernel.unprivileged_bpf_disabled = 0 let everybody load a few programs of
//     the types socket_filter and cgroup_skb;
//   - what a program does that the verifier allows only with more rights (CAP_PERFMON: comparing or
//     leaking pointers).
//
// Sources: bpf_prog_load(), map_create() and bpf_prog_attach() of kernel/bpf/syscall.c,
// bpf_base_func_proto() of kernel/bpf/helpers.c, perf_uprobe_event_init() of kernel/events/core.c.
std::vector<capability_need> capabilities_of(const bpf_object* object);

// Returns the names, each once, with a blank between two: "CAP_BPF CAP_NET_ADMIN". That is what
// follows `CapabilityBoundingSet=` and `AmbientCapabilities=` in a unit of systemd.
std::string capability_names(const std::vector<capability_need>& needs);

}  // namespace ebpfkit
