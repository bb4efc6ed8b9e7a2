// Network interfaces for tests.
#pragma once

namespace ebpfkit::guest {

// Brings an interface up. Returns false, with errno set, when that fails.
bool bring_up(const char* interface);

// Makes two connected veth interfaces (RTM_NEWLINK of rtnetlink(7)). Returns false, with errno set,
// when that fails: ENOTSUP on a kernel without veth.
bool make_veth_pair(const char* first, const char* second);

}  // namespace ebpfkit::guest
