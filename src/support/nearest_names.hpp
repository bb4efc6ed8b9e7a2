// Suggestions for a name that was not found.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Levenshtein distance: how many letters to insert, remove or replace. `limit` + 1 as soon as it is
// certain to be above `limit`.
std::size_t edit_distance(std::string_view a, std::string_view b,
                          std::size_t limit = std::numeric_limits<std::size_t>::max() - 1);

// At most five of `candidates` that are most like `name`, best first: by edit distance (up to a
// third of the name's length), then those of which one is the beginning of the other. Each name
// once.
std::vector<std::string> nearest_names(std::string_view name,
                                       const std::vector<std::string_view>& candidates);

// "; nearest: a, b", or nothing when no candidate is near.
std::string nearest_names_hint(std::string_view name,
                               const std::vector<std::string_view>& candidates);

}  // namespace ebpfkit::host
