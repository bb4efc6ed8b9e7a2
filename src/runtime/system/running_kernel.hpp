// The version of the running kernel.
#pragma once

#include <string>

#include "ebpfkit/features.hpp"

namespace ebpfkit::detail {

// What `uname -r` prints: "6.1.76-openwrt". Empty when uname(2) fails.
std::string running_kernel_release();

// The two numbers at the beginning of the release; 0.0 when there are none.
kernel_version running_kernel_version();

bool is_older(kernel_version a, kernel_version b) noexcept;

// "<what> need Linux 5.9; this is Linux 5.4.0-80." when the running kernel is older. Empty when it
// is not older, or when its version is unknown.
std::string if_older_than(kernel_version needed, const char* what);

}  // namespace ebpfkit::detail
