// Chains of XDP programs, made by EbpfKit or libxdp: an interface runs a dispatcher, which calls
// the programs of the chain in the place of its functions.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "inspect/loaded_objects.hpp"

namespace ebpfkit::host {

// A program of a chain.
struct dispatched_program {
  loaded_program program;
  std::uint32_t priority = 0;
};

struct dispatched_programs {
  std::uint32_t count = 0;  // what the dispatcher says
  // In the order in which they run. Fewer than `count` where the kernel does not tell whose
  // function a link replaces (before Linux 5.13), or while somebody changes the chain.
  std::vector<dispatched_program> programs;
};

// Whether the loaded program is the dispatcher of a chain that EbpfKit can read.
bool is_xdp_dispatcher(std::uint32_t program_id);

// Returns the chain of the dispatcher; no value when the program is none. Changes nothing, and
// takes no lock: neither pins nor their BPF file system are looked at.
std::optional<dispatched_programs> read_dispatched_programs(const loaded_program& dispatcher);

}  // namespace ebpfkit::host
