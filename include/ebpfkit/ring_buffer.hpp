// Consuming ring buffers.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "ebpfkit/map.hpp"
#include "ebpfkit/result.hpp"

namespace ebpfkit {

// The consumer of a ring buffer map. Move-only; must not outlive the object of the map.
class ring_buffer {
 public:
  ring_buffer(ring_buffer&&) noexcept;
  ring_buffer& operator=(ring_buffer&&) noexcept;
  ~ring_buffer();

  // Hands the waiting records to the consumer's function; when there is none, waits for one up to
  // `timeout` (negative: without limit; zero: not at all). Gives the number of records, 0 also when
  // a signal interrupted the wait. A record shorter than the consumer's type is dropped and gives
  // an error with EMSGSIZE; the next call goes on behind it.
  result<int> try_poll(std::chrono::milliseconds timeout);

#if defined(__cpp_exceptions)
  int poll(std::chrono::milliseconds timeout) {
    return try_poll(timeout).take();
  }
#endif

  // Becomes readable when records wait: for epoll or poll loops of your own, followed by
  // try_poll(0ms). It belongs to the ring buffer.
  int epoll_fd() const;

 private:
  friend class ring_buffer_map;
  struct state;
  explicit ring_buffer(std::unique_ptr<state> opened);

  std::unique_ptr<state> state_;
};

// A view of a map of type BPF_MAP_TYPE_RINGBUF.
class ring_buffer_map : public untyped_map {
 public:
  using untyped_map::untyped_map;

  // `function(const void* record, std::size_t size)` will be called, from poll(), for each record;
  // the record is gone when it returns. An exception thrown there comes out of poll().
  result<ring_buffer> try_consume(std::function<void(const void*, std::size_t)> function) {
    return open(0, std::move(function));
  }

  // The same for `function(const T&)`. Records may be longer than T.
  template <class T, class F>
  result<ring_buffer> try_consume(F function) {
    static_assert(std::is_trivially_copyable_v<T>, "records are bytes that the kernel copied");
    static_assert(alignof(T) <= 8, "the kernel aligns records to 8 bytes");
    return open(sizeof(T),
                [function = std::move(function)](const void* record, std::size_t) mutable {
                  function(*static_cast<const T*>(record));
                });
  }

#if defined(__cpp_exceptions)
  // As the functions above, but throw `exception`.
  ring_buffer consume(std::function<void(const void*, std::size_t)> function) {
    return try_consume(std::move(function)).take();
  }
  template <class T, class F>
  ring_buffer consume(F function) {
    return try_consume<T>(std::move(function)).take();
  }
#endif

 private:
  result<ring_buffer> open(std::size_t minimum_size,
                           std::function<void(const void*, std::size_t)> function);
};

}  // namespace ebpfkit
