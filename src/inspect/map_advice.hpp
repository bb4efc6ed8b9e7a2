// What the maps of a program cost: memory, locks that CPUs wait for, ring buffers that fill up.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "inspect/loaded_objects.hpp"
#include "inspect/ring_follower.hpp"
#include "inspect/run_statistics.hpp"

namespace ebpfkit::host {

// How a ring buffer was used between two looks.
struct ring_usage {
  std::uint64_t waiting_bytes = 0;  // written, and not taken yet
  std::uint64_t written_bytes = 0;  // during the interval, with headers
  std::uint64_t taken_bytes = 0;
  bool was_full = false;  // at one of the looks: the kernel drops records then
};

struct map_usage {
  loaded_map map;
  std::optional<ring_usage> ring;
  // Of a hash that all CPUs share: about how much memory a per-CPU hash would take.
  std::optional<std::uint64_t> per_cpu_bytes;
  // Of such a hash: how much time of one CPU the programs that use it took (1: all). When a CPU
  // uses it, others run such a program at most in this share of the cases.
  std::optional<double> busy_share;
  std::string advice;  // plain sentences; empty when there is nothing to say
};

// Looks at maps twice: when it is made, and in finish().
class map_watch {
 public:
  // Leaves out maps that are gone.
  explicit map_watch(const std::vector<std::uint32_t>& map_ids);
  // `measured`: what programs that use the maps did meanwhile, each once.
  std::vector<map_usage> finish(const std::vector<measured_program>& measured);

 private:
  struct watched_map {
    loaded_map map;
    std::unique_ptr<ring_follower> ring;
    ring_follower::positions before;
  };
  std::vector<watched_map> maps_;
};

}  // namespace ebpfkit::host
