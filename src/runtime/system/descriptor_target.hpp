// What a file descriptor is.
#pragma once

#include <string_view>

namespace ebpfkit::detail {

// What /proc/self/fd says of the descriptor: a path, or the name of an anonymous inode
// ("anon_inode:bpf-map"), which the kernel gives when it makes one (anon_inode_getfd()). Stored in
// `buffer`; cut off at its size. Empty without /proc.
std::string_view descriptor_target(int fd, char (&buffer)[64]) noexcept;

}  // namespace ebpfkit::detail
