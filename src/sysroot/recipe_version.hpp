// The version of how sysroots are made.
#pragma once

namespace ebpfkit::host {

// Count it up when a change of this room makes other files from the same inputs: lists of sources,
// flags, what is unpacked. A sysroot of another version is not used.
inline constexpr int recipe_version = 5;

}  // namespace ebpfkit::host
