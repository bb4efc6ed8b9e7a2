// Error numbers that the kernel returns to applications but that no C library names.
#pragma once

namespace ebpfkit::detail {

// ENOTSUPP of include/linux/errno.h in the kernel. Its text "should never be seen by user
// programs", but bpf(2) returns it. ENOTSUP of the C library is another number.
constexpr int kernel_enotsupp = 524;

}  // namespace ebpfkit::detail
