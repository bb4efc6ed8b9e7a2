// Keeps what libbpf prints during one operation.
#pragma once

#include <bpf/libbpf.h>
#include <stdarg.h>

#include <string>
#include <utility>

namespace ebpfkit::detail {

// libbpf prints this and the names of all sections as debug output, when libbpf_prog_type_by_name()
// does not know a section. Captures keep it.
constexpr const char* section_names_message = "supported section(type) names are:";

// While a log_capture lives, it receives what libbpf prints in this thread: warnings and
// information, no debug output. Only libbpf's own printer, which writes to stderr, then gets
// nothing. The application's print callback gets everything that libbpf prints, at all times.
class log_capture {
 public:
  // `with_accepted`: also keeps the verifier's logs of accepted programs. libbpf prints them as
  // debug output when bpf_program__set_log_level() has requested them.
  explicit log_capture(bool with_accepted = false) noexcept;
  ~log_capture();
  log_capture(const log_capture&) = delete;
  log_capture& operator=(const log_capture&) = delete;

  // Returns what libbpf has printed so far and forgets it.
  std::string take() { return std::move(text_); }

  // libbpf's callback calls it with what libbpf prints.
  [[gnu::format(printf, 3, 0)]] void receive(bool is_debug, const char* format, va_list arguments);

 private:
  std::string text_;
  bool with_accepted_;
  log_capture* outer_;
};

// Prints everything that libbpf prints, debug output too. Replaces control characters by `?`.
[[gnu::format(printf, 2, 0)]] int print_to_stderr(libbpf_print_level level, const char* format,
                                                  va_list arguments) noexcept;

// Tells the application what libbpf would tell it: through its print callback, or on stderr.
void print_warning(std::string text);

}  // namespace ebpfkit::detail
