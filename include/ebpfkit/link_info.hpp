// What the kernel tells about a bpf_link: what is attached, and where.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "ebpfkit/result.hpp"

namespace ebpfkit {

// The places where links are (struct bpf_link_info of <linux/bpf.h>). Numbers that end in `type`
// are those of enum bpf_attach_type. What a kernel does not tell is 0 or empty; the comments name
// the release that tells it.

struct raw_tracepoint_place {
  std::string name;
  std::uint64_t cookie = 0;  // Linux 6.17
};

struct tracing_place {  // fentry, fexit, fmod_ret, tp_btf, lsm, freplace
  std::uint32_t attach_type = 0;
  std::uint32_t target_id = 0;       // of the target program; of the BTF for kernel functions; 5.13
  std::uint32_t target_type_id = 0;  // of the function in that BTF; 5.13
  std::uint64_t cookie = 0;          // 6.17
};

struct cgroup_place {
  std::uint64_t cgroup_id = 0;  // the inode's number of its directory; 0: the cgroup is removed
  std::uint32_t attach_type = 0;
};

struct iterator_place {
  std::string target;  // "task", "bpf_map_elem", ...
  // What the iterator goes over; 0: over everything.
  std::uint32_t map_id = 0;
  std::uint64_t cgroup_id = 0;  // Linux 6.1
  std::uint32_t thread = 0;     // 6.1
  std::uint32_t process = 0;    // 6.1
};

struct netns_place {
  std::uint32_t inode = 0;  // of the namespace, as stat(2) of /proc/<pid>/ns/net tells it
  std::uint32_t attach_type = 0;
};

struct xdp_place {
  std::uint32_t interface = 0;  // 0: the interface is gone
};

struct tcx_place {
  std::uint32_t interface = 0;    // 0: the interface is gone
  std::uint32_t attach_type = 0;  // BPF_TCX_INGRESS (46) or BPF_TCX_EGRESS (47)
};

struct netkit_place {
  std::uint32_t interface = 0;    // the primary device
  std::uint32_t attach_type = 0;  // BPF_NETKIT_PRIMARY (54) or BPF_NETKIT_PEER (55)
};

struct struct_ops_place {
  std::uint32_t map_id = 0;
};

struct netfilter_place {
  std::uint32_t family = 0;
  std::uint32_t hook = 0;
  std::int32_t priority = 0;
  bool defragment = false;
};

struct kprobe_multi_place {  // Linux 6.6
  std::uint32_t functions = 0;
  bool on_return = false;
  std::uint64_t missed = 0;  // runs that the kernel left out; 6.7
};

struct uprobe_multi_place {  // Linux 6.8
  std::string binary;
  std::uint32_t offsets = 0;
  bool on_return = false;
  std::uint32_t process = 0;  // 0: all
};

struct perf_event_place {  // Linux 6.6
  enum class kind : unsigned char {
    unknown,
    uprobe,
    uretprobe,
    kprobe,
    kretprobe,
    tracepoint,
    event
  };
  kind what = kind::unknown;
  std::string name;  // the function, file or tracepoint
  std::uint64_t offset =
      0;  // in bytes in the function or file; of an event: perf_event_attr.config
  std::uint64_t cookie = 0;  // 6.9
};

struct sockmap_place {  // Linux 6.10
  std::uint32_t map_id = 0;
  std::uint32_t attach_type = 0;
};

struct link_info {
  std::uint32_t id = 0;
  std::uint32_t program_id = 0;  // 0 for struct_ops
  std::uint32_t type = 0;        // enum bpf_link_type of <linux/bpf.h>

  // std::monostate for types that this version does not know.
  std::variant<std::monostate, raw_tracepoint_place, tracing_place, cgroup_place, iterator_place,
               netns_place, xdp_place, tcx_place, netkit_place, struct_ops_place, netfilter_place,
               kprobe_multi_place, uprobe_multi_place, perf_event_place, sockmap_place>
      place;

  // The same by a descriptor of a link. Linux 5.8. The error is EINVAL when it is of something
  // else.
  static result<link_info> of_fd(int link_fd);
};

}  // namespace ebpfkit
