// How many more files the process may open.
#pragma once

namespace ebpfkit::detail {

// Counts the file descriptors that are free below RLIMIT_NOFILE. Stops counting at `most`.
unsigned free_descriptors(unsigned most) noexcept;

}  // namespace ebpfkit::detail
