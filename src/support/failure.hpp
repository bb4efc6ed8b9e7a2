// The one exception type of the host tool's libraries.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace ebpfkit::host {

// An operation that failed. `what()` names the file or command and the wrong value. `remedy()` says
// what the user can do about it; it may be empty.
class failure : public std::runtime_error {
 public:
  explicit failure(const std::string& message, std::string remedy = {})
      : std::runtime_error(message), remedy_(std::move(remedy)) {}

  const std::string& remedy() const noexcept { return remedy_; }

 private:
  std::string remedy_;
};

}  // namespace ebpfkit::host
