// Reading ring buffers, in two ways. ring_buffer_map::subscribe() takes a function and gives a
// ring_buffer, whose poll() and consume() call the function for each record.
// ring_buffer_map::open_reader() gives a ring_buffer_reader, whose next() returns one record.
//
// Who wakes up the consumer: the BPF program, with the flags of bpf_ringbuf_submit() and
// bpf_ringbuf_output() (kernel/bpf/ringbuf.c, bpf_ringbuf_commit).
//   0                   wakes the consumer up only when it has read all before this record: not per
//                       record while it is busy. The right choice unless profiles say otherwise.
//   BPF_RB_NO_WAKEUP    never wakes it up. At high rates let the program submit with this flag, and
//                       call poll() with a timeout, such as 100 ms, the longest time that a record
//                       may wait: poll() reads what is there before and after it waits. An epoll
//                       loop of your own hears nothing: use a timer and consume().
//   BPF_RB_FORCE_WAKEUP always wakes it up. A program can use NO_WAKEUP until enough bytes wait
//                       (bpf_ringbuf_query(map, BPF_RB_AVAIL_DATA)), and this for the one then.
// When the buffer is full, bpf_ringbuf_reserve() gives NULL and nobody counts the record: the
// program has to, in a variable of its own.
//
// At a time, one consumer reads a ring buffer: they share its read position.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "ebpfkit/result.hpp"
#include "ebpfkit/untyped_map.hpp"

namespace ebpfkit {

class ring_buffer_map;

namespace detail {

// A function for records, with the size that they have at least.
struct record_function {
  std::size_t minimum_size;
  std::function<void(const void*, std::size_t)> call;
};

template <class T, class F>
record_function typed_record_function(F function) {
  static_assert(std::is_trivially_copyable_v<T>, "records are bytes that the kernel copied");
  static_assert(alignof(T) <= 8, "the kernel aligns records to 8 bytes");
  return {sizeof(T), [function = std::move(function)](const void* record, std::size_t) mutable {
            function(*static_cast<const T*>(record));
          }};
}

}  // namespace detail

// A subscription to the records of one or more ring buffer maps, as libbpf's ring_buffer.
// Destruction ends it. Move-only; must not outlive the object of the maps.
class [[nodiscard]] ring_buffer {
 public:
  ring_buffer(ring_buffer&&) noexcept;
  ring_buffer& operator=(ring_buffer&&) noexcept;
  ~ring_buffer();

  // Hands the waiting records to the subscriber's function; when there is none, waits for one up to
  // `timeout` (negative: without limit; zero: not at all). Gives the number of records, 0 also when
  // a signal interrupted the wait. A record shorter than the subscriber's type is dropped and gives
  // an error with EMSGSIZE; the next call goes on behind it. While a program submits faster than
  // the function works, this does not return.
  result<int> poll(std::chrono::milliseconds timeout);

  // Hands over what waits, without waiting, as ring_buffer__consume() of libbpf does.
  result<int> consume() { return poll(std::chrono::milliseconds(0)); }

  // Subscribes to `map` too, with a function of its own, as ring_buffer_map::subscribe() does. One
  // poll() and one epoll_fd() then serve both maps, as with ring_buffer__add() of libbpf. The error
  // is EBUSY when a function that poll() calls does this.
  result<void> add(ring_buffer_map map, std::function<void(const void*, std::size_t)> function);
  template <class T, class F>
  result<void> add(ring_buffer_map map, F function);

  // Becomes readable when records wait. For epoll or poll loops of your own, which then call
  // consume(). The descriptor belongs to the ring buffer.
  int epoll_fd() const;

 private:
  friend class ring_buffer_map;
  struct state;
  explicit ring_buffer(std::unique_ptr<state> opened);
  result<void> add_function(untyped_map map, detail::record_function function);

  std::unique_ptr<state> state_;
};

// The bytes of a record.
struct record_view {
  const void* data;  // aligned to 8 bytes
  std::size_t size;
};

// Gives the records of a ring buffer map one at a time, for applications that have a loop of their
// own. Copies each record; where that costs too much, use ring_buffer. Move-only; must not outlive
// the object of the map.
class [[nodiscard]] ring_buffer_reader {
 public:
  ring_buffer_reader(ring_buffer_reader&&) noexcept;
  ring_buffer_reader& operator=(ring_buffer_reader&&) noexcept;
  ~ring_buffer_reader();

  // The next record; its bytes stay until the next call. When there is none, waits for one up to
  // `timeout` (negative: without limit). Empty: none came, or a signal interrupted the wait.
  result<std::optional<record_view>> next(
      std::chrono::milliseconds timeout = std::chrono::milliseconds(0)) {
    return next_of_size(0, timeout);
  }

  // The same, as a T. Records may be longer than T; shorter ones are dropped and give an error with
  // EMSGSIZE.
  template <class T>
  result<std::optional<T>> next(std::chrono::milliseconds timeout = std::chrono::milliseconds(0)) {
    static_assert(std::is_trivially_copyable_v<T>, "records are bytes that the kernel copied");
    const auto record = next_of_size(sizeof(T), timeout);
    if (!record)
      return record.error();
    if (!*record)
      return std::optional<T>();
    T value;
    std::memcpy(&value, (**record).data, sizeof(T));
    return std::optional<T>(value);
  }

  // Becomes readable when records wait; see ring_buffer::epoll_fd().
  int epoll_fd() const;

 private:
  friend class ring_buffer_map;
  struct state;
  explicit ring_buffer_reader(std::unique_ptr<state> opened);
  result<std::optional<record_view>> next_of_size(std::size_t minimum_size,
                                                  std::chrono::milliseconds timeout);

  std::unique_ptr<state> state_;
};

// A view of a map of type BPF_MAP_TYPE_RINGBUF. From Linux 5.8 on; before, use a perf_buffer_map.
class ring_buffer_map : public untyped_map {
 public:
  using untyped_map::untyped_map;

  // poll() and consume() of what this returns call `function(const void* record, std::size_t size)`
  // for each record. The record is gone when the function returns. An exception of the function
  // comes out of poll() or consume().
  result<ring_buffer> subscribe(std::function<void(const void*, std::size_t)> function) {
    return subscribe_with({0, std::move(function)});
  }

  // The same for `function(const T&)`. Records may be longer than T.
  template <class T, class F>
  result<ring_buffer> subscribe(F function) {
    return subscribe_with(detail::typed_record_function<T>(std::move(function)));
  }

  // A reader that gives the records one at a time.
  result<ring_buffer_reader> open_reader();

 private:
  result<ring_buffer> subscribe_with(detail::record_function function);
};

inline result<void> ring_buffer::add(ring_buffer_map map,
                                     std::function<void(const void*, std::size_t)> function) {
  return add_function(map, {0, std::move(function)});
}

template <class T, class F>
result<void> ring_buffer::add(ring_buffer_map map, F function) {
  return add_function(map, detail::typed_record_function<T>(std::move(function)));
}

}  // namespace ebpfkit
