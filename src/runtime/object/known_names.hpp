// The names that an object has, for a caller who asked for another one.
#pragma once

#include <cstddef>
#include <string>

#include "../system/nearest_name.hpp"
#include "../system/text.hpp"

namespace ebpfkit::detail {

class known_names {
 public:
  explicit known_names(const std::string& wanted) : nearest_(wanted) {}

  void add(const char* name) {
    if (all_.size() < longest_list)
      all_ += joined({all_.empty() ? "" : ", ", name});
    nearest_.add(name);
  }

  // "The nearest map is 'counts'." Lists the names that there are when none is near. `kind`: "map".
  std::string remedy(const char* kind) const {
    if (all_.empty())
      return formatted("The object has no %ss.", kind);
    if (!nearest_.name().empty())
      return formatted("The nearest %s is '%s'.", kind, nearest_.name().c_str());
    return formatted("The object has: %s%s.", all_.c_str(),
                     all_.size() < longest_list ? "" : ", ...");
  }

 private:
  static constexpr std::size_t longest_list = 400;  // characters

  nearest_name nearest_;
  std::string all_;
};

}  // namespace ebpfkit::detail
