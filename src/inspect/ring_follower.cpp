#include "inspect/ring_follower.hpp"

#include <fmt/format.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

constexpr std::uint32_t length_bits = ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

std::uint64_t load_position(const void* place) {
  return __atomic_load_n(static_cast<const unsigned long*>(place), __ATOMIC_ACQUIRE);
}

// Records begin at multiples of 8.
std::uint64_t room_of(std::uint32_t length) {
  return (std::uint64_t{length} + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
}

}  // namespace

ring_follower::ring_follower(int fd, const loaded_map& map)
    : size_(map.max_entries), page_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
  consumer_ = ::mmap(nullptr, page_, PROT_READ, MAP_SHARED, fd, 0);
  if (consumer_ != MAP_FAILED)
    producer_ =
        ::mmap(nullptr, page_ + 2 * size_, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(page_));
  if (consumer_ == MAP_FAILED || producer_ == MAP_FAILED) {
    const int error = errno;
    if (consumer_ != MAP_FAILED)
      ::munmap(consumer_, page_);
    throw failure(fmt::format("cannot map the ring buffer '{}' (id {}): {}", map.name, map.id,
                              std::strerror(error)));
  }
  position_ = consumer_position();
}

ring_follower::~ring_follower() {
  ::munmap(consumer_, page_);
  ::munmap(producer_, page_ + 2 * size_);
}

std::uint64_t ring_follower::consumer_position() const {
  return load_position(consumer_);
}

std::uint64_t ring_follower::producer_position() const {
  return load_position(producer_);
}

bool ring_follower::is_sound() const {
  // What was read before must not be read again behind these positions.
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  return consumer_position() <= position_ || producer_position() - position_ < size_;
}

void ring_follower::skip_lost() {
  const auto consumer = consumer_position();
  lost_bytes_ += consumer - position_;
  position_ = consumer;
}

ring_follower::positions ring_follower::look() const {
  // The consumer first: the producer that is read afterwards is never behind it.
  const auto consumer = consumer_position();
  return {producer_position(), consumer};
}

bool ring_follower::is_full_for(std::size_t size, const positions& at) const {
  // The kernel leaves at least one byte free (__bpf_ringbuf_reserve()).
  return at.producer - at.consumer + room_of(static_cast<std::uint32_t>(size)) >= size_;
}

std::vector<ring_record> ring_follower::read() {
  std::vector<ring_record> records;
  // At most one round of the buffer: a program may be faster than this loop.
  const auto end = producer_position();
  while (position_ < end) {
    const auto* data = static_cast<const std::uint8_t*>(producer_) + page_;
    const auto* record = data + position_ % size_;
    const auto word =
        __atomic_load_n(reinterpret_cast<const std::uint32_t*>(record), __ATOMIC_ACQUIRE);
    const auto length = word & length_bits;
    if (!is_sound()) {
      skip_lost();
      continue;
    }
    if ((word & BPF_RINGBUF_BUSY_BIT) != 0 || room_of(length) > size_)
      break;
    const bool is_discarded = (word & BPF_RINGBUF_DISCARD_BIT) != 0;
    ring_record found{position_, {}};
    if (!is_discarded)
      found.bytes.assign(record + BPF_RINGBUF_HDR_SZ, record + BPF_RINGBUF_HDR_SZ + length);
    if (!is_sound()) {
      skip_lost();
      continue;
    }
    position_ += room_of(length);
    if (is_discarded)
      ++discarded_;
    else
      records.push_back(std::move(found));
  }
  return records;
}

}  // namespace ebpfkit::host
