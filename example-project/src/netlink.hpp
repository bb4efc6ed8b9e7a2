// The two requests to the kernel's rtnetlink that the self-test needs.
#pragma once

#include <cstdint>
#include <string>

namespace kernel_watch {

// Makes a pair of virtual Ethernet interfaces, both down, in the caller's network namespace. Each
// receives what the other one sends. Names have at most 15 characters. Throws std::system_error.
void create_veth_pair(const std::string& name, const std::string& peer, std::uint32_t mtu);

// Switches the interface on. Throws std::system_error.
void set_interface_up(unsigned interface_index);

}  // namespace kernel_watch
