// Reading ring buffers, in two ways. ring_buffer_map::subscribe() takes a function and returns a
// ring_buffer, whose poll() and consume() call the function for each record.
// ring_buffer_map::open_reader() returns a ring_buffer_reader, whose next() returns one record.
//
// The BPF program wakes up the consumer, with the flags of bpf_ringbuf_submit() and
// bpf_ringbuf_output() (kernel/bpf/ringbuf.c, bpf_ringbuf_commit).
//   0                   Wakes up the consumer only if it has read all records before this one. A
//                       busy consumer thus gets no wake-up per record. Use this flag unless
//                       profiles say otherwise.
//   BPF_RB_NO_WAKEUP    Never wakes up the consumer. For high rates: the program submits with this
//                       flag, and the application calls poll() with a timeout, such as 100 ms. The
//                       timeout is the longest time that a record waits, because poll() reads the
//                       records before and after it waits. An epoll loop of your own gets no event:
//                       use a timer and consume().
//   BPF_RB_FORCE_WAKEUP Always wakes up the consumer. A program can use NO_WAKEUP until enough
//                       bytes wait (bpf_ringbuf_query(map, BPF_RB_AVAIL_DATA)), and then submit one
//                       record with this flag.
// When the buffer is full, bpf_ringbuf_reserve() returns NULL and the record is lost. The kernel
// does not count lost records: use <ebpfkit/lost_records.h> in the program, and lost_records.hpp.
//
// Only one consumer may read a ring buffer at a time, because consumers share its read position.
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

class record_receiver;

// Keep why no more records come until libbpf has returned, because no exception may pass through
// it. They return what stops libbpf. keep_exception() is for a catch block.
int keep_short_record(record_receiver& receiver, std::size_t size) noexcept;
int keep_exception(record_receiver& receiver);

// libbpf's callback for the records of one map. `receive` gets a pointer to this as its context.
struct record_callback {
  using receive_function = int(void* context, void* record, std::size_t size);
  using destroy_function = void(record_callback* owned);

  record_callback(receive_function* received, destroy_function* destroyed, std::size_t size)
      : receive(received), destroy(destroyed), minimum_size(size) {}

  receive_function* receive;
  destroy_function* destroy;
  std::size_t minimum_size;
  record_receiver* receiver = nullptr;  // it lives longer than this
};

struct record_callback_deleter {
  void operator()(record_callback* owned) const { owned->destroy(owned); }
};
using owned_record_callback = std::unique_ptr<record_callback, record_callback_deleter>;

// With the application's function in it, so that the compiler can put that into the callback.
template <class F>
struct record_callback_of : record_callback {
  F function;

  record_callback_of(std::size_t minimum_size_of_record, F called)
      : record_callback(call, remove, minimum_size_of_record), function(std::move(called)) {}

  static int call(void* context, void* record, std::size_t size) {
    auto& self = *static_cast<record_callback_of*>(static_cast<record_callback*>(context));
    if (size < self.minimum_size)
      return keep_short_record(*self.receiver, size);
#if defined(__cpp_exceptions)
    try {
      self.function(static_cast<const void*>(record), size);
    } catch (...) {
      return keep_exception(*self.receiver);
    }
#else
    self.function(static_cast<const void*>(record), size);
#endif
    return 0;
  }

  static void remove(record_callback* owned) {
    delete static_cast<record_callback_of*>(owned);
  }
};

template <class F>
owned_record_callback make_record_callback(std::size_t minimum_size, F function) {
  return owned_record_callback(new record_callback_of<F>(minimum_size, std::move(function)));
}

template <class T, class F>
owned_record_callback make_typed_record_callback(F function) {
  static_assert(std::is_trivially_copyable_v<T>, "records are bytes that the kernel copied");
  static_assert(alignof(T) <= 8, "the kernel aligns records to 8 bytes");
  return make_record_callback(
      sizeof(T), [function = std::move(function)](const void* record, std::size_t) mutable {
        function(*static_cast<const T*>(record));
      });
}

}  // namespace detail

// A subscription to the records of one or more ring buffer maps, like libbpf's ring_buffer.
// Destruction ends it. Move-only; must not outlive the object of the maps.
class [[nodiscard]] ring_buffer {
 public:
  ring_buffer(ring_buffer&&) noexcept;
  ring_buffer& operator=(ring_buffer&&) noexcept;
  ~ring_buffer();

  // Calls the subscriber's function with the waiting records. If no record waits, waits up to
  // `timeout` for one (negative: without limit; zero: not at all). Returns the number of records;
  // it is 0 when the time is over or a signal interrupted the wait. A record shorter than the
  // subscriber's type is dropped, and the error is EMSGSIZE; the next call continues after it.
  // poll() does not return while a program submits records faster than the function handles them.
  result<int> poll(std::chrono::milliseconds timeout);

  // Handles the waiting records without waiting for more, like libbpf's ring_buffer__consume().
  result<int> consume() { return poll(std::chrono::milliseconds(0)); }

  // Also subscribes to `map`, with a function of its own, as ring_buffer_map::subscribe() does. One
  // poll() and one epoll_fd() then serve both maps, as with libbpf's ring_buffer__add(). The error
  // is EBUSY when add() is called from a function that poll() is calling.
  result<void> add(ring_buffer_map map, std::function<void(const void*, std::size_t)> function);
  template <class T, class F>
  result<void> add(ring_buffer_map map, F function);

  // Becomes readable when records wait. For epoll or poll loops of your own; call consume() then.
  // The descriptor belongs to the ring buffer.
  int epoll_fd() const;

 private:
  friend class ring_buffer_map;
  struct state;
  explicit ring_buffer(std::unique_ptr<state> opened);
  result<void> add_function(untyped_map map, detail::owned_record_callback callback);

  std::unique_ptr<state> state_;
};

// The bytes of a record.
struct record_view {
  const void* data;  // aligned to 8 bytes
  std::size_t size;
};

// Returns the records of a ring buffer map one at a time, for applications that have a loop of
// their own. It copies each record; if that costs too much, use ring_buffer. Move-only; must not
// outlive the object of the map.
class [[nodiscard]] ring_buffer_reader {
 public:
  ring_buffer_reader(ring_buffer_reader&&) noexcept;
  ring_buffer_reader& operator=(ring_buffer_reader&&) noexcept;
  ~ring_buffer_reader();

  // The next record. Its bytes stay valid until the next call. If no record waits, waits up to
  // `timeout` for one (negative: without limit). Empty when none came, or when a signal interrupted
  // the wait.
  result<std::optional<record_view>> next(
      std::chrono::milliseconds timeout = std::chrono::milliseconds(0)) {
    return next_of_size(0, timeout);
  }

  // The same, as a T. Records may be longer than T. A shorter record is dropped, and the error is
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

// A view of a map of type BPF_MAP_TYPE_RINGBUF. Needs Linux 5.8; on older kernels, use a
// perf_buffer_map.
class ring_buffer_map : public untyped_map {
 public:
  using untyped_map::untyped_map;

  // What untyped_map::as() compares with the map.
  static constexpr detail::wanted_view wanted() { return {detail::view::ring_buffer, 0, 0}; }

  // Subscribes to the records. poll() and consume() of the returned ring_buffer call
  // `function(const void* record, std::size_t size)` for each record. The record is valid until the
  // function returns. poll() and consume() pass on an exception that the function throws.
  result<ring_buffer> subscribe(std::function<void(const void*, std::size_t)> function) {
    return subscribe_with(detail::make_record_callback(0, std::move(function)));
  }

  // The same for `function(const T&)`. Records may be longer than T.
  template <class T, class F>
  result<ring_buffer> subscribe(F function) {
    return subscribe_with(detail::make_typed_record_callback<T>(std::move(function)));
  }

  // Opens a reader that returns the records one at a time.
  result<ring_buffer_reader> open_reader();

 private:
  result<ring_buffer> subscribe_with(detail::owned_record_callback callback);
};

inline result<void> ring_buffer::add(ring_buffer_map map,
                                     std::function<void(const void*, std::size_t)> function) {
  return add_function(map, detail::make_record_callback(0, std::move(function)));
}

template <class T, class F>
result<void> ring_buffer::add(ring_buffer_map map, F function) {
  return add_function(map, detail::make_typed_record_callback<T>(std::move(function)));
}

}  // namespace ebpfkit
