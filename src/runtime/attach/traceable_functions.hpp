// The kernel functions that ftrace can trace.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ebpfkit::detail {

// Whether a function's name is a pattern, with `*` or `?`.
bool has_wildcard(const std::string& name);

// Reads the addresses of the functions that match `pattern` out of `file`, the kernel's
// available_filter_functions_addrs (Linux 6.5, in tracefs). Returns 0, or a negative errno: ENOENT
// when no function matches, otherwise that of opening or reading the file.
int find_traceable(const std::string& file, const std::string& pattern,
                   std::vector<std::uint64_t>& addresses);

}  // namespace ebpfkit::detail
