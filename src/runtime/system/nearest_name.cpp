#include "nearest_name.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "edit_distance.hpp"
#include "text.hpp"

namespace ebpfkit::detail {
namespace {

// With more changes a short name becomes another word.
constexpr std::size_t fewest_changes = 2;
constexpr std::size_t most_changes = 4;

}  // namespace

nearest_name::nearest_name(std::string_view wanted)
    : wanted_(wanted), most_changes_(std::clamp(wanted.size() / 3, fewest_changes, most_changes)) {}

void nearest_name::add(std::string_view candidate) {
  // A distance of 0 is the smallest: nothing is nearer.
  const auto changes = edit_distance(wanted_, candidate, most_changes_);
  if (changes > most_changes_ || changes >= wanted_.size() ||
      (changes == most_changes_ && !nearest_.empty()))
    return;
  most_changes_ = changes;
  nearest_ = candidate;
}

std::string nearest_name::sentence() const {
  if (nearest_.empty() || nearest_ == wanted_)
    return {};
  return formatted(" The nearest is '%s'.", nearest_.c_str());
}

}  // namespace ebpfkit::detail
