#include "ebpfkit/output.hpp"

#include <bpf/libbpf.h>
#include <stdarg.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "../system/text.hpp"

namespace ebpfkit {
namespace {

struct sink_and_level {
  output_sink sink;
  output_level least;
};

// The sink that is in use. A thread that calls it shares it, so that another one can exchange it
// meanwhile.
class current_sink {
 public:
  void set(std::shared_ptr<const sink_and_level> next) {
    const std::lock_guard<std::mutex> lock(mutex_);
    current_.swap(next);
  }

  std::shared_ptr<const sink_and_level> get() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return current_;
  }

  // Lives as long as the process: destructors of static objects may call libbpf.
  static current_sink& instance() {
    static auto& only = *new current_sink;
    return only;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const sink_and_level> current_;
};

output_level level_of(libbpf_print_level level) {
  return level == LIBBPF_WARN   ? output_level::warning
         : level == LIBBPF_INFO ? output_level::info
                                : output_level::debug;
}

// libbpf is C: an exception cannot pass through it.
[[gnu::format(printf, 2, 0)]] int hand_over(libbpf_print_level level, const char* format,
                                            va_list arguments) noexcept {
  const auto current = current_sink::instance().get();
  if (!current || level_of(level) > current->least)
    return 0;
  auto text = detail::printed(format, arguments);
  detail::make_printable(text);
  current->sink(level_of(level), text);
  return static_cast<int>(text.size());
}

}  // namespace

void set_output(output_sink sink, output_level least) {
  current_sink::instance().set(
      sink ? std::make_shared<const sink_and_level>(sink_and_level{std::move(sink), least})
           : nullptr);
  // The captures of errors/log_capture.cpp take it for the application's callback.
  libbpf_set_print(hand_over);
}

void set_verbose(output_level least) {
  set_output(
      [](output_level, std::string_view text) {
        if (write(STDERR_FILENO, text.data(), text.size()) < 0)
          return;  // nobody can be told
      },
      least);
}

}  // namespace ebpfkit
