// How much two names differ. The host tool compiles this file too.
#pragma once

#include <cstddef>
#include <limits>
#include <string_view>

namespace ebpfkit::detail {

// How many letters to insert, remove or replace; two neighbours that change their places count as
// one (the optimal string alignment distance). Returns `limit` + 1 as soon as the distance is
// certain to exceed `limit`.
std::size_t edit_distance(std::string_view a, std::string_view b,
                          std::size_t limit = std::numeric_limits<std::size_t>::max() - 1);

}  // namespace ebpfkit::detail
