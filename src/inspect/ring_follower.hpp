// Reads a ring buffer beside the application that consumes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "inspect/loaded_objects.hpp"

namespace ebpfkit::host {

struct ring_record {
  std::uint64_t position = 0;  // bytes since the buffer was made
  std::vector<std::uint8_t> bytes;
};

// Follows the records of a ring buffer without taking them. It maps all pages read-only and has a
// position of its own, so the application, which owns the consumer's position, loses nothing.
//
// Layout (kernel/bpf/ringbuf.c, struct bpf_ringbuf): a page with the consumer's position, a page
// with the producer's, and the data, which are mapped twice in a row. A record begins with a word
// that has its length, a busy bit and a discard bit, and a word that is the kernel's own.
//
// The producer writes over what the consumer has taken. So a record is sound when, after it was
// copied, the consumer stands before it, or the producer is less than the buffer's size ahead.
// Otherwise it was lost for us, and we go on where the consumer stands: a record begins there.
class ring_follower {
 public:
  // Begins with the oldest record that the application has not taken yet. Throws `failure` when the
  // kernel does not map the buffer.
  ring_follower(int fd, const loaded_map& map);
  ~ring_follower();
  ring_follower(const ring_follower&) = delete;
  ring_follower& operator=(const ring_follower&) = delete;

  // Takes the records that are complete, up to the first that its program still writes.
  std::vector<ring_record> read();

  // Bytes of records that were written over before they could be read.
  std::uint64_t lost_bytes() const { return lost_bytes_; }
  std::uint64_t discarded_records() const { return discarded_; }
  // Where writer and reader stand, in bytes since the buffer was made.
  struct positions {
    std::uint64_t producer = 0;
    std::uint64_t consumer = 0;
  };
  positions look() const;

  // Whether the application has not yet taken so much that the kernel has no room for a record of
  // this size: now, or at the positions of an earlier look.
  bool is_full_for(std::size_t size) const { return is_full_for(size, look()); }
  bool is_full_for(std::size_t size, const positions& at) const;

 private:
  std::uint64_t consumer_position() const;
  std::uint64_t producer_position() const;
  bool is_sound() const;
  void skip_lost();

  std::uint64_t size_;
  std::size_t page_;
  void* consumer_ = nullptr;
  void* producer_ = nullptr;
  std::uint64_t position_ = 0;
  std::uint64_t lost_bytes_ = 0;
  std::uint64_t discarded_ = 0;
};

}  // namespace ebpfkit::host
