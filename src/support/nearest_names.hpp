// Suggestions for a name that was not found.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Levenshtein distance: how many letters to insert, remove or replace. Returns `limit` + 1 as soon
// as the distance is certain to exceed `limit`.
std::size_t edit_distance(std::string_view a, std::string_view b,
                          std::size_t limit = std::numeric_limits<std::size_t>::max() - 1);

// Returns at most five of `candidates`, most similar to `name` first, each name once. First come
// names within an edit distance of a third of the name's length. Then come names where one is a
// prefix of the other.
std::vector<std::string> nearest_names(std::string_view name,
                                       const std::vector<std::string_view>& candidates);

// Returns "; nearest: a, b", or an empty text when no candidate is near.
std::string nearest_names_hint(std::string_view name,
                               const std::vector<std::string_view>& candidates);

}  // namespace ebpfkit::host
