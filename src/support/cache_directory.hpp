// The directory in which EbpfKit keeps what several builds share.
#pragma once

#include <filesystem>

namespace ebpfkit::host {

// Returns the default cache: $EBPFKIT_CACHE_DIR, else $XDG_CACHE_HOME/ebpfkit, else
// $HOME/.cache/ebpfkit. Throws `failure` when none of the variables is set.
std::filesystem::path default_cache();

}  // namespace ebpfkit::host
