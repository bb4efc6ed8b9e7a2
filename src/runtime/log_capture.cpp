#include "log_capture.hpp"

#include <bpf/libbpf.h>
#include <stdio.h>

#include <atomic>

namespace ebpfkit::detail {
namespace {

std::atomic<libbpf_print_fn_t> application_callback{nullptr};
thread_local std::string* captured = nullptr;

void append(std::string& text, const char* format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  const int length = vsnprintf(nullptr, 0, format, arguments);
  if (length > 0) {
    const auto old_size = text.size();
    // One byte more for the terminator that vsnprintf writes.
    text.resize(old_size + static_cast<std::size_t>(length) + 1);
    vsnprintf(text.data() + old_size, static_cast<std::size_t>(length) + 1, format, again);
    text.pop_back();
  }
  va_end(again);
}

int print(libbpf_print_level level, const char* format, va_list arguments) {
  if (captured) {
    if (level != LIBBPF_DEBUG)
      append(*captured, format, arguments);
    return 0;
  }
  const auto forward = application_callback.load();
  return forward ? forward(level, format, arguments) : 0;
}

// The one place that sets libbpf's callback. Called for each capture, because the application may
// have set its own since; then ours goes before that one.
void install() {
  const auto previous = libbpf_set_print(print);
  if (previous != print)
    application_callback.store(previous);
}

}  // namespace

log_capture::log_capture() : outer_(captured) {
  install();
  captured = &text_;
}

log_capture::~log_capture() {
  captured = outer_;
}

}  // namespace ebpfkit::detail
