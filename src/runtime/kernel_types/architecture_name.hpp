// Names of CPU architectures: modules/detail/architectures.inc is the only list of them.
#pragma once

#include <string_view>

namespace ebpfkit::detail {

// The EbpfKit name of an architecture that `uname -m`, a distribution or a toolchain calls
// `spelling` ("amd64", "aarch64", "armv7l"). Empty when no row of the list has this spelling.
std::string_view architecture_name(std::string_view spelling);

}  // namespace ebpfkit::detail
