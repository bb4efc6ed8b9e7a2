// Which programs a hook runs, in order: for tcx, netkit devices, network interfaces and cgroups.
#pragma once

#include <cstdint>
#include <vector>

#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/result.hpp"

namespace ebpfkit {

// The programs of one hook at one moment.
struct hook_programs {
  struct entry {
    std::uint32_t program_id = 0;
    std::uint32_t link_id = 0;  // 0: attached without a link, or the kernel does not tell it
  };

  // For attach_order::expect(). 0: the kernel has no revisions of this hook (cgroups: Linux 6.17).
  std::uint64_t revision = 0;
  std::vector<entry> programs;  // the first one runs first
};

// The programs that run on the traffic of an interface by tcx. Linux 6.6. Errors: ENODEV when there
// is no such interface, EINVAL on older kernels.
result<hook_programs> tcx_programs(const network_interface& interface, tc_direction direction);

// The programs of a netkit pair. Linux 6.7. Errors: ENODEV when there is no such interface, ENXIO
// when it is no netkit device.
result<hook_programs> netkit_programs(const network_interface& primary, netkit_end end);

// The programs of a cgroup of version 2 for one enum bpf_attach_type of <linux/bpf.h>, such as
// BPF_CGROUP_INET_EGRESS. Those of cgroups above it are not there, unless `effective` is true.
// Linux 4.15. Errors: EBADF when `cgroup_fd` is no cgroup, EINVAL when the kernel has no such hook.
result<hook_programs> cgroup_programs(int cgroup_fd, std::uint32_t attach_type,
                                      bool effective = false);

}  // namespace ebpfkit
