// Suggestions for a name that was not found.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// At most five of `candidates` that are most like `name`, best first: by edit distance (up to a
// third of the name's length), then those of which one is the beginning of the other. Each name
// once.
std::vector<std::string> nearest_names(std::string_view name,
                                       const std::vector<std::string_view>& candidates);

// "; nearest: a, b", or nothing when no candidate is near.
std::string nearest_names_hint(std::string_view name,
                               const std::vector<std::string_view>& candidates);

}  // namespace ebpfkit::host
