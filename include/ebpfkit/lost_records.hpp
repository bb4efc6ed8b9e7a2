// The counts of <ebpfkit/lost_records.h>: how many records BPF programs sent through a ring buffer,
// and how many were lost, by program and by cause.
//
//   std::uint64_t received = 0;
//   auto events = packets.maps().events.subscribe<event>([&](const event&) { ++received;
//   }).value();
//   ...
//   const auto counts = ebpfkit::read_record_counts(packets.maps().event_counts).value();
//   const auto all = ebpfkit::total_of(counts);
//   // When no program runs and poll() has read everything: all.sent == received + all.lost_total()
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ebpfkit/result.hpp"
#include "ebpfkit/untyped_map.hpp"

namespace ebpfkit {

// The counts of one program, over all CPUs. It is laid out like struct ebpfkit_record_counts of
// <ebpfkit/lost_records.h>.
struct record_counts {
  // Causes. The numbers from 2 to 7 are the program's own.
  static constexpr std::size_t full = 0;       // the ring buffer had no room
  static constexpr std::size_t discarded = 1;  // the program took the record back

  std::uint64_t sent = 0;  // records that the program meant to send, the lost ones included
  std::array<std::uint64_t, 8> lost{};  // by cause

  std::uint64_t lost_total() const noexcept;

  // How many records went into the ring buffer: those that a consumer has got, and those that wait.
  // A program that is between reserving and submitting counts here, too.
  std::uint64_t arrived() const noexcept { return sent - lost_total(); }

  record_counts& operator+=(const record_counts& other) noexcept;
};

// The counts of all programs: the element `n` is that of the program with the number `n`. The
// counts of programs that run at the same time are from slightly different moments. Linux 5.8. The
// error is EINVAL when the map is not one of EBPFKIT_RECORD_COUNTS, EBADF before load().
result<std::vector<record_counts>> read_record_counts(const untyped_map& counts);

// The sum over all programs.
record_counts total_of(const std::vector<record_counts>& counts) noexcept;

}  // namespace ebpfkit
