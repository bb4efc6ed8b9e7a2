// Reading perf buffers: for kernels before 5.8, which have no ring buffers.
//
// The kernel wakes up the consumer. It does so on each CPU after every `wakeup_events` records that
// the program has written there with bpf_perf_event_output(). The default is 64, because a wake-up
// costs many times what a record costs. Fewer records than that would wait for ever. Therefore a
// timer makes epoll_fd() readable every `longest_delay`, both for poll() and for loops of your own.
// If records are rare and must be seen at once, set wakeup_events to 1; then there is no timer.
//
// When a CPU's buffer is full, bpf_perf_event_output() fails with ENOSPC and the record is lost.
// The kernel counts lost records and reports them before the next record that fits.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "ebpfkit/result.hpp"
#include "ebpfkit/untyped_map.hpp"

namespace ebpfkit {

struct perf_buffer_options {
  // Memory for each CPU, in pages of getpagesize() bytes; a power of two. Without CAP_IPC_LOCK,
  // RLIMIT_MEMLOCK and kernel.perf_event_mlock_kb limit it.
  std::size_t pages = 64;
  // The number of records on a CPU after which the kernel wakes up the consumer.
  std::uint32_t wakeup_events = 64;
  // The longest time that records wait for further records; 0: without limit. Costs one wake-up in
  // each such interval, even if there are no records.
  std::chrono::milliseconds longest_delay = std::chrono::milliseconds(100);
  // poll() and consume() call it with the number of records that a CPU has lost. May be empty.
  // perf_buffer::lost() counts all lost records.
  std::function<void(int cpu, std::uint64_t count)> on_lost;
};

// A subscription to the records of a perf buffer map, like libbpf's perf_buffer. Destruction ends
// it. Move-only; must not outlive the object of the map. It reads only the CPUs that are online
// when it is made.
class [[nodiscard]] perf_buffer {
 public:
  perf_buffer(perf_buffer&&) noexcept;
  perf_buffer& operator=(perf_buffer&&) noexcept;
  ~perf_buffer();

  // Calls the subscriber's function with the waiting records of all CPUs. If no record waits, waits
  // up to `timeout` for some (negative: without limit; zero: not at all). Records of one CPU come
  // in order. Returns the number of records; it is 0 when the time is over or a signal interrupted
  // the wait. A record shorter than the subscriber's type is dropped, and the error is EMSGSIZE;
  // the next call continues after it.
  result<int> poll(std::chrono::milliseconds timeout);

  // Handles the waiting records and returns at once, like libbpf's perf_buffer__consume().
  result<int> consume() { return poll(std::chrono::milliseconds(0)); }

  // Becomes readable when a CPU has woken up the consumer, or when records have waited long enough.
  // For epoll or poll loops of your own; call consume() then. The descriptor belongs to the perf
  // buffer.
  int epoll_fd() const;

  // The number of records that were lost because a CPU's buffer was full, as far as the kernel has
  // reported them.
  std::uint64_t lost() const;

 private:
  friend class perf_buffer_map;
  struct state;
  explicit perf_buffer(std::unique_ptr<state> opened);

  std::unique_ptr<state> state_;
};

// A view of a map of type BPF_MAP_TYPE_PERF_EVENT_ARRAY.
class perf_buffer_map : public untyped_map {
 public:
  using untyped_map::untyped_map;

  // What untyped_map::as() compares with the map.
  static constexpr detail::wanted_view wanted() { return {detail::view::perf_buffer, 0, 0}; }

  // Subscribes to the records. poll() and consume() of the returned perf_buffer call
  // `function(int cpu, const void* record, std::size_t size)` for each record. The record is valid
  // until the function returns, and is aligned to 4 bytes only. `size` may include up to 7 bytes of
  // padding after what the program wrote. poll() and consume() pass on an exception that the
  // function throws.
  result<perf_buffer> subscribe(std::function<void(int, const void*, std::size_t)> function,
                                perf_buffer_options options = {}) {
    return subscribe_to_bytes(0, std::move(function), std::move(options));
  }

  // The same for `function(int cpu, const T&)`. Records may be longer than T.
  template <class T, class F>
  // NOLINTNEXTLINE(performance-unnecessary-value-param): the last line moves the options
  result<perf_buffer> subscribe(F function, perf_buffer_options options = {}) {
    static_assert(std::is_trivially_copyable_v<T>, "records are bytes that the kernel copied");
    return subscribe_to_bytes(
        sizeof(T),
        [function = std::move(function)](int cpu, const void* record, std::size_t) mutable {
          T value;
          std::memcpy(&value, record, sizeof(T));
          function(cpu, static_cast<const T&>(value));
        },
        std::move(options));
  }

 private:
  result<perf_buffer> subscribe_to_bytes(
      std::size_t minimum_size, std::function<void(int, const void*, std::size_t)> function,
      perf_buffer_options options);
};

}  // namespace ebpfkit
