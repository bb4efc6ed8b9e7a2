// Finds the name that is most like a misspelt one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ebpfkit::detail {

class nearest_name {
 public:
  explicit nearest_name(std::string_view wanted);

  // Offers a name that exists.
  void add(std::string_view candidate);

  // The name that is most like the wanted one. Empty when no name is.
  const std::string& name() const noexcept { return nearest_; }

  // " The nearest is 'name'." Empty when no name is like the wanted one, and when the wanted one
  // itself exists.
  std::string sentence() const;

 private:
  std::string wanted_;
  std::string nearest_;
  std::size_t most_changes_;  // in a name that is nearer than nearest_
};

}  // namespace ebpfkit::detail
