// BPF filters of the clsact qdisc, which libbpf can look up one by one, but not list.
#pragma once

#include <cstdint>
#include <vector>

namespace ebpfkit::host {

struct loaded_filter {
  std::uint32_t interface_index = 0;
  bool is_ingress = false;
  std::uint32_t handle = 0;
  std::uint32_t priority = 0;
  std::uint32_t program_id = 0;
};

// Returns the BPF filters at both sides of an interface's clsact (or ingress) qdisc. An interface
// without one, or one that is gone, has none. Throws `failure` when the kernel cannot be asked.
std::vector<loaded_filter> read_tc_filters(std::uint32_t interface_index);

// Whether the interface has a clsact qdisc. Throws `failure` when the kernel cannot be asked.
bool has_clsact(std::uint32_t interface_index);

}  // namespace ebpfkit::host
