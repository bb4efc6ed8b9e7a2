// Why a hook of a network interface cannot be reached.
#pragma once

#include <string>

#include "ebpfkit/attach_options.hpp"

namespace ebpfkit::detail {

// "There is no network interface 'x' ...", when there is none; else empty.
std::string if_missing(const network_interface& interface);

}  // namespace ebpfkit::detail
