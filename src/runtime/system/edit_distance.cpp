#include "edit_distance.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace ebpfkit::detail {

// Takes no memory from the heap, which keeps small loaders small.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  constexpr std::size_t longest = UINT8_MAX;
  const auto longer = std::max(a.size(), b.size());
  if (longer - std::min(a.size(), b.size()) > limit)
    return limit + 1;
  if (longer > longest)
    return a == b ? 0 : std::min(longer, limit + 1);
  // The row of the letters up to the last one of `a`, and the two before.
  std::uint8_t rows[3][longest + 1];
  auto* row = rows[0];
  auto* before = rows[1];
  auto* before_that = rows[2];
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = static_cast<std::uint8_t>(j);
  std::size_t best_before = 0;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before_that, before);
    std::swap(before, row);
    std::size_t best = i;
    row[0] = static_cast<std::uint8_t>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t changes = before[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
      changes = std::min(changes, std::min(before[j], row[j - 1]) + std::size_t{1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        changes = std::min(changes, before_that[j - 2] + std::size_t{1});
      row[j] = static_cast<std::uint8_t>(changes);
      best = std::min(best, changes);
    }
    // A change of places continues the row before this one.
    if (std::min(best, best_before + 1) > limit)
      return limit + 1;
    best_before = best;
  }
  return row[b.size()];
}

}  // namespace ebpfkit::detail
