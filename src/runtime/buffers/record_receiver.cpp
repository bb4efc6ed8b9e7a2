#include "record_receiver.hpp"

#include <errno.h>
#include <poll.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>

#include "../errors/diagnosis.hpp"
#include "../system/text.hpp"
#include "ebpfkit/ring_buffer.hpp"

namespace ebpfkit::detail {
namespace {

// Not std::chrono::steady_clock: libc++'s now() can throw, and that adds 4 kB to a loader.
std::chrono::nanoseconds now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// The milliseconds that poll(2) takes, rounded up so that the wait does not end early.
int milliseconds_until(std::chrono::nanoseconds end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - now()).count();
  constexpr std::chrono::milliseconds::rep longest = std::numeric_limits<int>::max();
  return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left, 0, longest));
}

}  // namespace

void record_receiver::keep_exception() {
#if defined(__cpp_exceptions)
  thrown_ = std::current_exception();
  // Null: pthread_exit() or pthread_cancel() unwinds, which is no exception of C++. Keeping it
  // would end the process.
  if (!thrown_)
    throw;
#endif
}

int keep_short_record(record_receiver& receiver, std::size_t size) noexcept {
  receiver.keep_short_record(size);
  return -ECANCELED;
}

int keep_exception(record_receiver& receiver) {
  receiver.keep_exception();
  return -ECANCELED;
}

bool record_receiver::has_stopped() const {
#if defined(__cpp_exceptions)
  if (thrown_)
    return true;
#endif
  return has_short_record_;
}

result<void> record_receiver::outcome() {
#if defined(__cpp_exceptions)
  if (auto thrown = std::exchange(thrown_, nullptr))
    std::rethrow_exception(thrown);
#endif
  if (std::exchange(has_short_record_, false))
    return short_record(object_, short_record_, minimum_size_);
  return {};
}

ebpfkit::error short_record(const std::string& object, std::size_t size, std::size_t minimum_size) {
  auto failure = diagnose(operation::read, object, EMSGSIZE);
  failure.remedy = formatted(
      "A record has %zu bytes, but the type that is read has %zu. Compare this type with the one "
      "that the BPF program submits.",
      size, minimum_size);
  return failure;
}

result<int> poll_records(const record_source& source, std::chrono::milliseconds timeout,
                         const std::string& object) {
  // To ask for the time costs as much as several records. Do that only where none waits.
  auto first = source.consume(source.context);
  if (!first || *first != 0 || timeout.count() == 0)
    return first;
  // A year counts as for ever: a longer time could overflow the clock.
  constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365);
  const auto end = now() + std::clamp(timeout, std::chrono::milliseconds(0), longest);
  for (;;) {
    const int wait = timeout.count() < 0 ? -1 : milliseconds_until(end);
    pollfd watched{source.epoll_fd, POLLIN, 0};
    const int ready = poll(&watched, 1, wait);
    if (ready < 0 && errno == EINTR)
      return 0;
    if (ready < 0)
      return diagnose(operation::wait, object, errno);
    auto count = source.consume(source.context);
    if (!count || *count != 0 || ready == 0 || wait == 0)
      return count;
  }
}

}  // namespace ebpfkit::detail
