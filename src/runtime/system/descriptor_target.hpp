// Tells what a file descriptor refers to.
#pragma once

#include <string_view>

namespace ebpfkit::detail {

// What /proc/self/fd says about the descriptor: a path, or the name that the kernel gave to an
// anonymous inode, such as "anon_inode:bpf-map" (anon_inode_getfd()). Stores the text in `buffer`
// and cuts it off at the buffer's size. Empty without /proc.
std::string_view descriptor_target(int fd, char (&buffer)[64]) noexcept;

}  // namespace ebpfkit::detail
