// SHA-256 of lists of facts.
#pragma once

#include <string>
#include <string_view>

namespace ebpfkit::host {

// A text that grows fact by fact, and its SHA-256. Two different lists of facts never make the same
// text.
class fact_digest {
 public:
  void add(std::string_view label, std::string_view value);

  // Returns the SHA-256 in lower-case hexadecimal.
  std::string hex() const;

 private:
  std::string text_;
};

}  // namespace ebpfkit::host
