#include "ebpfkit/perf_buffer.hpp"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "../errors/diagnosis.hpp"
#include "../errors/log_capture.hpp"
#include "../system/text.hpp"
#include "../system/unique_fd.hpp"
#include "record_receiver.hpp"

namespace ebpfkit {
namespace {

struct perf_buffer_closer {
  void operator()(::perf_buffer* opened) const { perf_buffer__free(opened); }
};

// The layouts of PERF_RECORD_SAMPLE, when only PERF_SAMPLE_RAW is set, and of PERF_RECORD_LOST
// (linux/perf_event.h).
struct sample_record {
  perf_event_header header;
  std::uint32_t size;  // of the bytes after this struct
};
struct lost_record {
  perf_event_header header;
  std::uint64_t id;
  std::uint64_t lost;
};

}  // namespace

struct perf_buffer::state {
  detail::record_receiver receiver;
  std::function<void(int, const void*, std::size_t)> function;
  std::function<void(int, std::uint64_t)> on_lost;
  std::uint64_t lost = 0;
  int records = 0;
  std::unique_ptr<::perf_buffer, perf_buffer_closer> buffer;
  detail::unique_fd timer;

  explicit state(detail::record_receiver made) : receiver(std::move(made)) {}

  static bpf_perf_event_ret receive(void* context, int cpu, perf_event_header* event);
  bool receive_sample(int cpu, const sample_record& sample);
  bool receive_lost(int cpu, const lost_record& record);
  static result<int> consume(void* context);
  bool start_timer(std::chrono::milliseconds interval);
};

bool perf_buffer::state::receive_sample(int cpu, const sample_record& sample) {
  ++records;
  const void* data = &sample + 1;
  return receiver.hand_over(sample.size, [&] { function(cpu, data, sample.size); });
}

bool perf_buffer::state::receive_lost(int cpu, const lost_record& record) {
  lost += record.lost;
  if (!on_lost)
    return true;
  return receiver.hand_over(std::numeric_limits<std::size_t>::max(),
                            [&] { on_lost(cpu, record.lost); });
}

// libbpf's callback. libbpf continues after this event, whatever the callback returns.
bpf_perf_event_ret perf_buffer::state::receive(void* context, int cpu, perf_event_header* event) {
  auto& self = *static_cast<state*>(context);
  bool goes_on = true;
  if (event->type == PERF_RECORD_SAMPLE)
    goes_on = self.receive_sample(cpu, *reinterpret_cast<const sample_record*>(event));
  else if (event->type == PERF_RECORD_LOST)
    goes_on = self.receive_lost(cpu, *reinterpret_cast<const lost_record*>(event));
  return goes_on ? LIBBPF_PERF_EVENT_CONT : LIBBPF_PERF_EVENT_ERROR;
}

// Reads one CPU after the other. perf_buffer__poll() reads only the CPUs that woke it up, and would
// never see fewer than `wakeup_events` records.
result<int> perf_buffer::state::consume(void* context) {
  auto& self = *static_cast<state*>(context);
  self.records = 0;
  std::uint64_t expirations = 0;
  if (self.timer && read(self.timer.get(), &expirations, sizeof(expirations)) < 0 &&
      errno != EAGAIN)
    return detail::diagnose(detail::operation::read_timer, self.receiver.object(), errno);
  const auto count = perf_buffer__buffer_cnt(self.buffer.get());
  for (std::size_t i = 0; i < count && !self.receiver.has_stopped(); ++i) {
    const int code = perf_buffer__consume_buffer(self.buffer.get(), i);
    // ENOENT: this CPU was offline when libbpf made the buffers, or the index belongs to no CPU.
    if (code != 0 && code != -ENOENT && !self.receiver.has_stopped())
      return detail::diagnose(detail::operation::read, self.receiver.object(), code);
  }
  if (const auto outcome = self.receiver.outcome(); !outcome)
    return outcome.error();
  return self.records;
}

// Adds a timer to libbpf's epoll set. That is safe because libbpf reads the set only in
// perf_buffer__poll(), which is not used here.
bool perf_buffer::state::start_timer(std::chrono::milliseconds interval) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(interval);
  itimerspec times{};
  times.it_interval.tv_sec = static_cast<time_t>(seconds.count());
  times.it_interval.tv_nsec =
      static_cast<long>(std::chrono::nanoseconds(interval - seconds).count());
  times.it_value = times.it_interval;
  epoll_event event{};
  event.events = EPOLLIN;
  timer = detail::unique_fd(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  return timer && timerfd_settime(timer.get(), 0, &times, nullptr) == 0 &&
         epoll_ctl(perf_buffer__epoll_fd(buffer.get()), EPOLL_CTL_ADD, timer.get(), &event) == 0;
}

perf_buffer::perf_buffer(std::unique_ptr<state> opened) : state_(std::move(opened)) {}
perf_buffer::perf_buffer(perf_buffer&&) noexcept = default;
perf_buffer& perf_buffer::operator=(perf_buffer&&) noexcept = default;
perf_buffer::~perf_buffer() = default;

result<int> perf_buffer::poll(std::chrono::milliseconds timeout) {
  return detail::poll_records({epoll_fd(), state::consume, state_.get()}, timeout,
                              state_->receiver.object());
}

int perf_buffer::epoll_fd() const {
  return perf_buffer__epoll_fd(state_->buffer.get());
}

std::uint64_t perf_buffer::lost() const {
  return state_->lost;
}

result<perf_buffer> perf_buffer_map::subscribe_to_bytes(
    std::size_t minimum_size, std::function<void(int, const void*, std::size_t)> function,
    perf_buffer_options options) {
  const auto quoted_name = detail::quoted("perf buffer", name());
  if (fd() < 0)  // bpf(2) would return EBADFD, whose text is misleading
    return detail::diagnose(detail::operation::open, quoted_name, EBADF);
  if (options.pages == 0 || (options.pages & (options.pages - 1)) != 0 ||
      options.wakeup_events == 0) {
    auto failure = detail::diagnose(detail::operation::open, quoted_name, EINVAL);
    failure.remedy =
        options.wakeup_events == 0
            ? "wakeup_events must be at least 1."
            : detail::formatted("The number of pages must be a power of two, and is %zu.",
                                options.pages);
    return failure;
  }
  auto opened =
      std::make_unique<perf_buffer::state>(detail::record_receiver(quoted_name, minimum_size));
  opened->function = std::move(function);
  opened->on_lost = std::move(options.on_lost);
  // The attributes that perf_buffer__new() sets. Before libbpf 1.2, that function does not take a
  // number of events.
  perf_event_attr attributes{};
  attributes.size = sizeof(attributes);
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_BPF_OUTPUT;
  attributes.sample_type = PERF_SAMPLE_RAW;
  attributes.sample_period = options.wakeup_events;
  attributes.wakeup_events = options.wakeup_events;
  detail::log_capture log;
  opened->buffer.reset(perf_buffer__new_raw(fd(), options.pages, &attributes,
                                            perf_buffer::state::receive, opened.get(), nullptr));
  if (!opened->buffer) {
    const int code = errno;
    return detail::diagnose(detail::operation::open, quoted_name, code, log.take());
  }
  const bool needs_timer = options.wakeup_events > 1 && options.longest_delay.count() > 0;
  if (needs_timer && !opened->start_timer(options.longest_delay))
    return detail::diagnose(detail::operation::start_timer, quoted_name, errno);
  return perf_buffer(std::move(opened));
}

}  // namespace ebpfkit
