// Suggestions for a name that was not found.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/system/edit_distance.hpp"

namespace ebpfkit::host {

using detail::edit_distance;

// Returns at most five of `candidates`, most similar to `name` first, each name once. First come
// names within an edit distance of a third of the name's length. Then come names where one is a
// prefix of the other.
std::vector<std::string> nearest_names(std::string_view name,
                                       const std::vector<std::string_view>& candidates);

// Returns "; nearest: a, b", or an empty text when no candidate is near.
std::string nearest_names_hint(std::string_view name,
                               const std::vector<std::string_view>& candidates);

// Returns what to do about a file that cannot be read, with the nearest name in its directory when
// there is no file of this name.
std::string unreadable_file_remedy(const std::filesystem::path& path);

}  // namespace ebpfkit::host
