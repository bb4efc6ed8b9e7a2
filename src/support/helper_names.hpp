// The names of BPF helpers.
#pragma once

#include <span>
#include <string_view>

namespace ebpfkit::host {

// Returns the helpers that the UAPI header of the build machine has, as programs call them
// (`bpf_map_lookup_elem`).
std::span<const std::string_view> helper_names();

}  // namespace ebpfkit::host
