#include "ebpfkit/ring_buffer.hpp"

#include <bpf/libbpf.h>
#include <errno.h>

#include <algorithm>
#include <limits>
#include <string>

#if defined(__cpp_exceptions)
#include <exception>
#endif

#include "diagnosis.hpp"
#include "log_capture.hpp"

namespace ebpfkit {
namespace {

struct closer {
  void operator()(::ring_buffer* opened) const { ring_buffer__free(opened); }
};

}  // namespace

struct ring_buffer::state {
  std::string map_name;
  std::size_t minimum_size = 0;
  std::function<void(const void*, std::size_t)> function;
  std::size_t short_record = 0;
  bool has_short_record = false;
#if defined(__cpp_exceptions)
  std::exception_ptr thrown;
#endif
  std::unique_ptr<::ring_buffer, closer> buffer;

  // libbpf's callback. A negative value ends its loop behind this record.
  static int receive(void* context, void* record, std::size_t size);
};

int ring_buffer::state::receive(void* context, void* record, std::size_t size) {
  auto& self = *static_cast<state*>(context);
  if (size < self.minimum_size) {
    self.short_record = size;
    self.has_short_record = true;
    return -EMSGSIZE;
  }
#if defined(__cpp_exceptions)
  // libbpf is C: nothing may be thrown through it.
  try {
    self.function(record, size);
  } catch (...) {
    self.thrown = std::current_exception();
    return -ECANCELED;
  }
#else
  self.function(record, size);
#endif
  return 0;
}

ring_buffer::ring_buffer(std::unique_ptr<state> opened) : state_(std::move(opened)) {}
ring_buffer::ring_buffer(ring_buffer&&) noexcept = default;
ring_buffer& ring_buffer::operator=(ring_buffer&&) noexcept = default;
ring_buffer::~ring_buffer() = default;

result<int> ring_buffer::try_poll(std::chrono::milliseconds timeout) {
  constexpr std::chrono::milliseconds::rep longest = std::numeric_limits<int>::max();
  const auto wait = timeout.count() < 0 ? -1 : std::min(timeout.count(), longest);
  const int count = ring_buffer__poll(state_->buffer.get(), static_cast<int>(wait));
#if defined(__cpp_exceptions)
  if (auto thrown = std::exchange(state_->thrown, nullptr))
    std::rethrow_exception(thrown);
#endif
  if (count >= 0)
    return count;
  if (count == -EINTR)
    return 0;
  auto failure =
      detail::diagnose("read", detail::quoted("ring buffer", state_->map_name.c_str()), count);
  if (std::exchange(state_->has_short_record, false))
    failure.remedy = "A record has " + std::to_string(state_->short_record) + " bytes, its type " +
                     std::to_string(state_->minimum_size) +
                     ": compare what the BPF program submits with the type given to consume().";
  return failure;
}

int ring_buffer::epoll_fd() const {
  return ring_buffer__epoll_fd(state_->buffer.get());
}

result<ring_buffer> ring_buffer_map::open(std::size_t minimum_size,
                                          std::function<void(const void*, std::size_t)> function) {
  auto opened = std::make_unique<ring_buffer::state>();
  opened->map_name = name();
  opened->minimum_size = minimum_size;
  opened->function = std::move(function);
  detail::log_capture log;
  opened->buffer.reset(ring_buffer__new(fd(), ring_buffer::state::receive, opened.get(), nullptr));
  if (!opened->buffer) {
    const int code = errno;
    return detail::diagnose("open", detail::quoted("ring buffer", name()), code, log.take());
  }
  return ring_buffer(std::move(opened));
}

}  // namespace ebpfkit
