// Reading perf buffers: for kernels before 5.8, which have no ring buffers.
//
// Who wakes up the consumer: the kernel, on each CPU after every `wakeup_events` records that the
// program has written there with bpf_perf_event_output(). One wake-up per record costs many times
// what the record does, so the default is 64; and because fewer records would wait for ever, a
// timer makes epoll_fd() readable every `longest_delay`, for poll() and for loops of your own
// alike. Where records are rare and must be seen at once, set wakeup_events to 1: then there is no
// timer. When a CPU's buffer is full, bpf_perf_event_output() fails with ENOSPC and the record is
// lost. The kernel counts such records, and reports them in front of the next one that fits.
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
  // Of memory for each CPU, in pages (getpagesize() bytes): a power of two. Without CAP_IPC_LOCK
  // limited by RLIMIT_MEMLOCK and kernel.perf_event_mlock_kb.
  std::size_t pages = 64;
  // Records on a CPU per wake-up.
  std::uint32_t wakeup_events = 64;
  // The longest time that records wait for more; 0: without limit. Costs a wake-up in that
  // interval, also when there are none.
  std::chrono::milliseconds longest_delay = std::chrono::milliseconds(100);
  // poll() and consume() call it with the number of records that a CPU has lost. May be empty:
  // perf_buffer::lost() counts them all.
  std::function<void(int cpu, std::uint64_t count)> on_lost;
};

// A subscription to the records of a perf buffer map, as libbpf's perf_buffer. Destruction ends it.
// Move-only; must not outlive the object of the map. Reads the CPUs that were online when it was
// made.
class [[nodiscard]] perf_buffer {
 public:
  perf_buffer(perf_buffer&&) noexcept;
  perf_buffer& operator=(perf_buffer&&) noexcept;
  ~perf_buffer();

  // Hands the waiting records of all CPUs to the subscriber's function; when there is none, waits
  // for some up to `timeout` (negative: without limit; zero: not at all). Records of one CPU come
  // in order. Gives the number of records, 0 also when a signal interrupted the wait. A record
  // shorter than the subscriber's type is dropped and gives an error with EMSGSIZE; the next call
  // goes on behind it.
  result<int> poll(std::chrono::milliseconds timeout);

  // Hands over what waits, without waiting, as perf_buffer__consume() of libbpf does.
  result<int> consume() { return poll(std::chrono::milliseconds(0)); }

  // Becomes readable when a CPU has woken up the consumer, or records have waited long enough. For
  // epoll or poll loops of your own, which then call consume(). The descriptor belongs to the perf
  // buffer.
  int epoll_fd() const;

  // Records that were lost because a CPU's buffer was full, as far as the kernel has told.
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

  // poll() and consume() of what this returns call
  // `function(int cpu, const void* record, std::size_t size)` for each record. The record is gone
  // when the function returns, and is aligned to 4 bytes only. `size` has up to 7 bytes of padding
  // more than the program wrote. An exception of the function comes out of poll() or consume().
  result<perf_buffer> subscribe(std::function<void(int, const void*, std::size_t)> function,
                                perf_buffer_options options = {}) {
    return subscribe_to_bytes(0, std::move(function), std::move(options));
  }

  // The same for `function(int cpu, const T&)`. Records may be longer than T.
  template <class T, class F>
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
