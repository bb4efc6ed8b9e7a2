// Which name a caller may have meant.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

#include "../system/edit_distance.hpp"
#include "../system/text.hpp"

namespace ebpfkit::detail {

// Finds the name that is most like `wanted`.
class nearest_name {
 public:
  explicit nearest_name(const std::string& wanted)
      : wanted_(wanted), distance_(std::max<std::size_t>(2, wanted.size() / 2)) {}

  void offer(const char* name) {
    if (all_.size() < longest_list)
      all_ += joined({all_.empty() ? "" : ", ", name});
    const auto distance = edit_distance(wanted_, name, distance_);
    if (distance < distance_ || (nearest_.empty() && distance == distance_)) {
      distance_ = distance;
      nearest_ = name;
    }
  }

  // "The object's nearest map is 'counts'." Without such a name, it lists the names that there are.
  // `kind`: "map".
  std::string remedy(const char* kind) const {
    if (all_.empty())
      return formatted("The object has no %ss.", kind);
    if (!nearest_.empty())
      return formatted("The nearest %s is '%s'.", kind, nearest_.c_str());
    return formatted("The object has: %s%s.", all_.c_str(),
                     all_.size() < longest_list ? "" : ", ...");
  }

 private:
  static constexpr std::size_t longest_list = 400;  // characters

  const std::string& wanted_;
  std::size_t distance_;
  std::string nearest_;
  std::string all_;
};

}  // namespace ebpfkit::detail
