// The dispatcher of an XDP chain: a program that calls the programs of the chain. Its form is that
// of libxdp's protocol, version 2 or 3 (xdp-tools, lib/libxdp/protocol.org and
// headers/xdp/prog_dispatcher.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../system/unique_fd.hpp"
#include "ebpfkit/xdp_chain.hpp"

namespace ebpfkit::detail {

// The value of the dispatcher's only map. The protocol gives the layout.
struct xdp_dispatcher_settings {
  std::uint8_t magic = 236;
  std::uint8_t version = 2;        // or 3, from libxdp 1.6 on
  std::uint8_t count = 0;          // programs
  std::uint8_t has_fragments = 0;  // 1: the dispatcher is loaded with BPF_F_XDP_HAS_FRAGS
  // A bit for each action after which the next program runs.
  std::uint32_t actions[most_xdp_chain_programs] = {};
  std::uint32_t priorities[most_xdp_chain_programs] = {};
  std::uint32_t flags[most_xdp_chain_programs] = {};  // BPF_F_XDP_HAS_FRAGS or 0
  // Version 2 ends here.
  std::uint8_t is_device_bound = 0;  // 1: the dispatcher is loaded with BPF_F_XDP_DEV_BOUND_ONLY
};
static_assert(sizeof(xdp_dispatcher_settings) == 128, "libxdp has this size");

// What a function of the dispatcher returns when no program is in its place: the next one runs.
constexpr unsigned xdp_empty_slot = 31;

// What the kernel and libxdp call dispatchers.
constexpr const char* xdp_dispatcher_name = "xdp_dispatcher";

// The name of the function that the program with this number replaces.
std::string xdp_slot_name(std::size_t number);

struct loaded_xdp_dispatcher {
  unique_fd program{};                 // the code() of an empty one tells why the load failed
  std::vector<std::uint32_t> slots{};  // the ids of the BTF types of the functions to replace
  std::string verifier_log{};          // of a load that failed
};

// Loads a dispatcher for settings.count programs, which calls functions that do nothing until
// programs replace them. Without BPF_F_XDP_HAS_FRAGS where the kernel does not know that (before
// Linux 5.18); settings.has_fragments in the map then is 0.
loaded_xdp_dispatcher load_xdp_dispatcher(xdp_dispatcher_settings settings);

// Whether EbpfKit can make and read dispatchers of this version.
bool is_known_xdp_protocol(unsigned version);

// Reads the settings of a loaded program that may be a dispatcher. Returns 0 or an errno: ENOENT
// when it is none, EPROTONOSUPPORT when it is one of another version, EINVAL when its settings
// cannot be true.
int read_xdp_dispatcher(int program_fd, xdp_dispatcher_settings& found);

}  // namespace ebpfkit::detail
