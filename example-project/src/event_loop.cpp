#include "event_loop.hpp"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace kernel_watch {
namespace {

sigset_t ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

timespec to_timespec(std::chrono::nanoseconds duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  timespec result{};
  result.tv_sec = static_cast<time_t>(seconds.count());
  result.tv_nsec = static_cast<decltype(result.tv_nsec)>((duration - seconds).count());
  return result;
}

void add_to_epoll(int epoll, int descriptor, void* data) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = data;
  check_call(epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event), "epoll_ctl");
}

}  // namespace

event_loop::event_loop() : epoll_(check_call(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
  const sigset_t signals = ending_signals();
  unique_fd pending(check_call(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
  watched& entry = watched_.emplace_back();
  add_to_epoll(epoll_.get(), pending.get(), &entry);
  entry.owned = std::move(pending);
  entry.on_readable = [this] { stop(); };
  check_call(sigprocmask(SIG_BLOCK, &signals, &previous_mask_), "sigprocmask");
}

event_loop::~event_loop() {
  // The signal has ended the loop. It must not end the program too.
  for (signalfd_siginfo taken; read(watched_.front().owned.get(), &taken, sizeof taken) > 0;) {
  }
  sigprocmask(SIG_SETMASK, &previous_mask_, nullptr);
}

void event_loop::watch(int descriptor, callback on_readable) {
  watched& entry = watched_.emplace_back();
  entry.on_readable = std::move(on_readable);
  add_to_epoll(epoll_.get(), descriptor, &entry);
}

void event_loop::every(std::chrono::nanoseconds period, callback on_expiry) {
  start_timer(period, period, std::move(on_expiry));
}

void event_loop::stop_after(std::chrono::nanoseconds delay) {
  if (delay > std::chrono::nanoseconds::zero())
    start_timer(delay, std::chrono::nanoseconds::zero(), [this] { stop(); });
}

void event_loop::start_timer(std::chrono::nanoseconds first, std::chrono::nanoseconds period,
                             callback on_expiry) {
  unique_fd timer(
      check_call(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create"));
  itimerspec times{};
  times.it_value = to_timespec(first);
  times.it_interval = to_timespec(period);
  const int descriptor = timer.get();
  check_call(timerfd_settime(descriptor, 0, &times, nullptr), "timerfd_settime");
  watch(descriptor, [descriptor, call = std::move(on_expiry)] {
    std::uint64_t expirations = 0;
    if (read(descriptor, &expirations, sizeof expirations) > 0)
      call();
  });
  watched_.back().owned = std::move(timer);
}

void event_loop::run() {
  std::array<epoll_event, 8> events{};
  while (!stopped_) {
    const int count =
        epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), /*timeout=*/-1);
    if (count < 0 && errno != EINTR)
      throw_errno("epoll_wait");
    for (int i = 0; i < count && !stopped_; ++i)
      static_cast<watched*>(events[static_cast<std::size_t>(i)].data.ptr)->on_readable();
  }
}

}  // namespace kernel_watch
