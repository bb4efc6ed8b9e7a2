#include "log_capture.hpp"

#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <utility>

#include "../system/text.hpp"

namespace ebpfkit::detail {
namespace {

// libbpf's own printer, and what is called instead of it outside of captures and beside them: the
// application's callback, ours if the user asks for output, or libbpf's own printer.
libbpf_print_fn_t libbpf_printer;
std::atomic<libbpf_print_fn_t> listener{nullptr};
// The listener may call the callback that it replaced, which is print(). The last two members end
// that loop, and keep `heard` from receiving the message a second time.
struct thread_state {
  log_capture* innermost;
  log_capture* heard;  // the innermost capture when the listener was called
  bool is_forwarding;
};
thread_local thread_state thread{};

[[gnu::format(printf, 3, 0)]] int forward(libbpf_print_fn_t called, libbpf_print_level level,
                                          const char* format, va_list arguments) {
  auto& own = thread;
  if (!called || own.is_forwarding)
    return 0;
  own.is_forwarding = true;
  own.heard = own.innermost;
  const int printed = called(level, format, arguments);
  own.heard = nullptr;
  own.is_forwarding = false;
  return printed;
}

[[gnu::format(printf, 2, 0)]] int print(libbpf_print_level level, const char* format,
                                        va_list arguments) {
  const auto called = listener.load();
  if (auto* innermost = thread.innermost) {
    if (innermost != thread.heard) {
      va_list again;
      va_copy(again, arguments);
      innermost->receive(level == LIBBPF_DEBUG, format, again);
      va_end(again);
    }
    // The error has what libbpf prints. Only who asked for the output gets it a second time.
    if (called == libbpf_printer)
      return 0;
  }
  return forward(called, level, format, arguments);
}

// Gets the callback of libbpf before the application can set its own: no function of libbpf tells
// later which callback is libbpf's.
[[gnu::constructor(101)]] void set_first_printer() {
  libbpf_printer = libbpf_set_print(nullptr);
  const char* verbose = secure_getenv("EBPFKIT_VERBOSE");
  libbpf_set_print(verbose && *verbose > '0' ? print_to_stderr : libbpf_printer);
}

// Every capture calls it, because the application may have set its own callback meanwhile; ours
// then runs before that one.
void install() {
  const auto previous = libbpf_set_print(print);
  if (previous != print)
    listener.store(previous);
}

[[gnu::format(printf, 1, 2)]] void warn(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  forward(listener.load(), LIBBPF_WARN, format, arguments);
  va_end(arguments);
}

}  // namespace

log_capture::log_capture(bool with_accepted) noexcept
    : with_accepted_(with_accepted), outer_(std::exchange(thread.innermost, this)) {
  install();
}

log_capture::~log_capture() {
  thread.innermost = outer_;
}

int print_to_stderr(libbpf_print_level, const char* format, va_list arguments) noexcept {
  auto text = printed(format, arguments);
  make_printable(text);
  return static_cast<int>(write(STDERR_FILENO, text.data(), text.size()));
}

void print_warning(std::string text) {
  make_printable(text);
  warn("%s\n", text.c_str());
}

void log_capture::receive(bool is_debug, const char* format, va_list arguments) {
  if (!is_debug || (with_accepted_ && strstr(format, "-- BEGIN PROG LOAD LOG --")) ||
      strstr(format, section_names_message))
    text_ += printed(format, arguments);
}

}  // namespace ebpfkit::detail
