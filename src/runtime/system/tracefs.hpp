// The file system in which the kernel lists its tracepoints.
#pragma once

#include <string>

namespace ebpfkit::detail {

// Where tracefs is mounted: usually "/sys/kernel/tracing". Empty when it is not mounted, or when
// this process may not look into it.
std::string tracefs();

// How to mount tracefs, when tracefs() is empty; else empty.
std::string if_no_tracefs();

}  // namespace ebpfkit::detail
