// Sends records to BPF programs, through ring buffers that the application writes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "ebpfkit/untyped_map.hpp"

struct user_ring_buffer;

namespace ebpfkit {

// Writes the records of a user ring buffer. Programs take them with bpf_user_ringbuf_drain(), when
// they run: the buffer wakes nobody up. A buffer has one producer at a time: threads that share it
// need a lock of their own. Move-only. Must not outlive the object of its map.
//
// A record that a thread reserves and never submits blocks the records behind it. Therefore a
// record is filled by a function that send() and write() call: when it throws, the record is
// discarded.
class [[nodiscard]] user_ring_buffer_producer {
 public:
  // Copies the record. With a `timeout`, waits so long for room when a program signals that it has
  // taken records. Errors: ENOSPC when there is no room (in time), E2BIG when the record is larger
  // than the buffer.
  result<void> send(const void* record, std::size_t size,
                    std::chrono::milliseconds timeout = std::chrono::milliseconds(0));

  template <class T>
  result<void> send(const T& record,
                    std::chrono::milliseconds timeout = std::chrono::milliseconds(0)) {
    static_assert(std::is_trivially_copyable_v<T>, "records are bytes that programs read");
    return send(&record, sizeof(T), timeout);
  }

  // Lets `function(T&)` fill the record in the buffer, without a copy. The record is all zeros
  // before. Errors are those of send().
  template <class T, class F>
  result<void> write(F&& function,
                     std::chrono::milliseconds timeout = std::chrono::milliseconds(0)) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 8,
                  "records are bytes that programs read, at multiples of 8");
    const auto room = reserve(sizeof(T), timeout);
    if (!room)
      return room.error();
    reservation held{this, *room};
    std::memset(held.record, 0, sizeof(T));
    function(*static_cast<T*>(held.record));
    held.submit();
    return {};
  }

 private:
  friend class user_ring_buffer_map;
  struct closer {
    void operator()(::user_ring_buffer* opened) const noexcept;
  };
  // Discards the record, unless it was submitted.
  struct reservation {
    user_ring_buffer_producer* producer;
    void* record;
    ~reservation() {
      if (record)
        producer->discard(record);
    }
    void submit() { producer->submit(std::exchange(record, nullptr)); }
  };

  user_ring_buffer_producer(::user_ring_buffer* opened, std::string name)
      : buffer_(opened), name_(std::move(name)) {}
  result<void*> reserve(std::size_t size, std::chrono::milliseconds timeout);
  void submit(void* record) noexcept;
  void discard(void* record) noexcept;

  std::unique_ptr<::user_ring_buffer, closer> buffer_;
  std::string name_;  // of the map
};

// A view of a map of type BPF_MAP_TYPE_USER_RINGBUF. Linux 6.1.
class user_ring_buffer_map : public untyped_map {
 public:
  using untyped_map::untyped_map;

  // What untyped_map::as() compares with the map.
  static constexpr detail::wanted_view wanted() { return {detail::view::user_ring_buffer, 0, 0}; }

  // Maps the buffer into this process. Call it after load().
  result<user_ring_buffer_producer> open_producer() const;
};

}  // namespace ebpfkit
