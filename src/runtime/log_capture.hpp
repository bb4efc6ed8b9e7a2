// Keeping what libbpf prints during one operation.
#pragma once

#include <string>

namespace ebpfkit::detail {

// While one lives, what libbpf prints in this thread (warnings and information, no debug output)
// goes into it instead of to the application's print callback; that one keeps getting everything
// else.
class log_capture {
 public:
  log_capture();
  ~log_capture();
  log_capture(const log_capture&) = delete;
  log_capture& operator=(const log_capture&) = delete;

  // What was printed so far, moved out.
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::string* outer_;
};

}  // namespace ebpfkit::detail
