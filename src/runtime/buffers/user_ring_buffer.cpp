#include "ebpfkit/user_ring_buffer.hpp"

#include <bpf/libbpf.h>
#include <errno.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "../errors/diagnosis.hpp"
#include "../errors/log_capture.hpp"
#include "../errors/worded_diagnosis.hpp"

namespace ebpfkit {

void user_ring_buffer_producer::closer::operator()(::user_ring_buffer* opened) const noexcept {
  user_ring_buffer__free(opened);
}

result<void> user_ring_buffer_producer::send(const void* record, std::size_t size,
                                             std::chrono::milliseconds timeout) {
  const auto room = reserve(size, timeout);
  if (!room)
    return room.error();
  if (size != 0)
    std::memcpy(*room, record, size);
  submit(*room);
  return {};
}

result<void*> user_ring_buffer_producer::reserve(std::size_t size,
                                                 std::chrono::milliseconds timeout) {
  const auto bytes = static_cast<std::uint32_t>(std::min<std::size_t>(size, UINT32_MAX));
  const auto wait =
      static_cast<int>(std::clamp<long long>(static_cast<long long>(timeout.count()), 0, INT_MAX));
  void* room = wait == 0 ? user_ring_buffer__reserve(buffer_.get(), bytes)
                         : user_ring_buffer__reserve_blocking(buffer_.get(), bytes, wait);
  if (room)
    return room;
  const int code = errno;
  return detail::diagnose_worded(
      "send to", detail::quoted("map", name_.c_str()), code,
      code == ENOSPC  ? "The ring buffer is full: programs take its records too seldom."
      : code == E2BIG ? "The record is larger than the ring buffer: make its max_entries greater."
                      : "");
}

void user_ring_buffer_producer::submit(void* record) noexcept {
  user_ring_buffer__submit(buffer_.get(), record);
}

void user_ring_buffer_producer::discard(void* record) noexcept {
  user_ring_buffer__discard(buffer_.get(), record);
}

result<user_ring_buffer_producer> user_ring_buffer_map::open_producer() const {
  if (fd() < 0)
    return failed(detail::operation::open, EBADF);
  detail::log_capture log;
  ::user_ring_buffer* opened = user_ring_buffer__new(fd(), nullptr);
  if (!opened) {
    const int code = errno;
    return detail::diagnose_named(detail::operation::open, "map", name(), code, log.take());
  }
  return user_ring_buffer_producer(opened, name());
}

}  // namespace ebpfkit
