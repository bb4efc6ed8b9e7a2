// tcx and netkit: the chains of programs that a network interface runs. A program gets there with a
// link, or with BPF_PROG_ATTACH of bpf(2), which leaves it there when the process ends.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

struct chained_program {
  std::uint32_t program_id = 0;
  std::uint32_t hook = 0;  // enum bpf_attach_type
};

// Returns the programs of the interface, also those with a link. Empty where the kernel has no such
// chains (before Linux 6.6).
std::vector<chained_program> read_device_chains(std::uint32_t interface_index);

// Whether the hook is one of tcx.
bool is_tcx_hook(std::uint32_t hook);

// "ingress of lo", "peer of nk0". Other hooks are numbers.
std::string device_hook_text(std::uint32_t hook, std::string_view interface);

}  // namespace ebpfkit::host
