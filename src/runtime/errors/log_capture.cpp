#include "log_capture.hpp"

#include <bpf/libbpf.h>
#include <stdarg.h>
#include <string.h>

#include <atomic>

#include "../system/text.hpp"

namespace ebpfkit::detail {
namespace {

std::atomic<libbpf_print_fn_t> application_callback{nullptr};
thread_local log_capture* innermost = nullptr;
thread_local bool is_forwarding = false;

[[gnu::format(printf, 2, 0)]] int print(libbpf_print_level level, const char* format,
                                        va_list arguments) {
  if (innermost) {
    innermost->receive(level == LIBBPF_DEBUG, format, arguments);
    return 0;
  }
  const auto forward = application_callback.load();
  // The application's callback may call the callback that it replaced, which is this function.
  // is_forwarding ends that loop.
  if (!forward || is_forwarding)
    return 0;
  is_forwarding = true;
  const int printed = forward(level, format, arguments);
  is_forwarding = false;
  return printed;
}

// Only this function sets libbpf's callback. Every capture calls it, because the application may
// have set its own callback meanwhile; ours then runs before that one.
void install() {
  const auto previous = libbpf_set_print(print);
  if (previous != print)
    application_callback.store(previous);
}

[[gnu::format(printf, 1, 2)]] void print_as_libbpf(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  print(LIBBPF_WARN, format, arguments);
  va_end(arguments);
}

}  // namespace

log_capture::log_capture(bool with_accepted) : with_accepted_(with_accepted), outer_(innermost) {
  install();
  innermost = this;
}

log_capture::~log_capture() {
  innermost = outer_;
}

void print_warning(std::string text) {
  make_printable(text);
  print_as_libbpf("%s\n", text.c_str());
}

void log_capture::receive(bool is_debug, const char* format, va_list arguments) {
  if (!is_debug || (with_accepted_ && strstr(format, "-- BEGIN PROG LOAD LOG --")) ||
      strstr(format, section_names_message))
    text_ += printed(format, arguments);
}

}  // namespace ebpfkit::detail
