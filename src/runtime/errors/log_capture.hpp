// Keeping what libbpf prints during one operation.
#pragma once

#include <stdarg.h>

#include <string>
#include <utility>

namespace ebpfkit::detail {

// While one lives, what libbpf prints in this thread (warnings and information, no debug output)
// goes into it instead of to the application's print callback; that one keeps getting everything
// else.
class log_capture {
 public:
  // `with_accepted`: also the verifier's logs of programs that it accepted, which libbpf has when
  // bpf_program__set_log_level() asked for them and prints as debug output.
  explicit log_capture(bool with_accepted = false);
  ~log_capture();
  log_capture(const log_capture&) = delete;
  log_capture& operator=(const log_capture&) = delete;

  // What was printed so far, moved out.
  std::string take() { return std::move(text_); }

  // Takes what libbpf prints; libbpf's callback calls it.
  [[gnu::format(printf, 3, 0)]] void receive(bool is_debug, const char* format, va_list arguments);

 private:
  std::string text_;
  bool with_accepted_;
  log_capture* outer_;
};

}  // namespace ebpfkit::detail
