// The remedy when a network interface does not exist.
#pragma once

#include <string>

#include "ebpfkit/attach_options.hpp"

namespace ebpfkit::detail {

// "There is no network interface 'x' ..." when the interface does not exist; else empty.
std::string if_missing(const network_interface& interface);

}  // namespace ebpfkit::detail
