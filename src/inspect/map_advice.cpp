#include "inspect/map_advice.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "support/failure.hpp"
#include "support/file_descriptor.hpp"

namespace ebpfkit::host {

namespace {

constexpr std::uint32_t ring_buffer_type = 27;  // BPF_MAP_TYPE_RINGBUF

std::uint64_t possible_cpus() {
  const int cpus = libbpf_num_possible_cpus();
  return cpus > 0 ? static_cast<std::uint64_t>(cpus) : 1;
}

bool is_shared_hash(const loaded_map& map) {
  return map.type_number == BPF_MAP_TYPE_HASH || map.type_number == BPF_MAP_TYPE_LRU_HASH;
}

// Each further CPU has a value of its own, rounded up to 8 bytes (alloc_htab_elem()).
std::uint64_t memory_per_cpu(const loaded_map& map) {
  const std::uint64_t value = (std::uint64_t{map.value_size} + 7) / 8 * 8;
  return map.memory_bytes + value * map.max_entries * (possible_cpus() - 1);
}

double busy_share(const loaded_map& map, const std::vector<measured_program>& measured) {
  double share = 0;
  for (const auto& one : measured)
    if (std::ranges::find(one.program.map_ids, map.id) != one.program.map_ids.end())
      share += one.cpu_share();
  return share;
}

std::string hash_advice(const loaded_map& map, double busy, std::uint64_t per_cpu_bytes) {
  return fmt::format(
      "All {} CPUs share it: each update and removal takes the lock of its bucket, and CPUs that "
      "write to one value wait for each other's cache. The programs that use it take {:.2f} % of "
      "one CPU, so a CPU meets another one there in at most {:.2f} % of the cases. If it only "
      "counts, a {} has neither wait. It would take about {} bytes in place of {}.",
      possible_cpus(), busy * 100, std::min(busy, 1.0) * 100,
      map.type_number == BPF_MAP_TYPE_HASH ? "percpu_hash" : "lru_percpu_hash", per_cpu_bytes,
      map.memory_bytes);
}

std::string array_advice(const loaded_map& map) {
  const auto value = (std::uint64_t{map.value_size} + 7) / 8 * 8;
  return fmt::format(
      "All {} CPUs share it: those that write to one value wait for each other's cache. If it only "
      "counts, a percpu_array avoids that, with about {} bytes in place of {}.",
      possible_cpus(), value * map.max_entries * possible_cpus(), map.memory_bytes);
}

std::string ring_advice(const loaded_map& map, const ring_usage& usage) {
  const auto share = map.max_entries == 0 ? 0 : usage.waiting_bytes * 100 / map.max_entries;
  if (usage.was_full)
    return "The buffer is full, so that the kernel drops records. Let the application take them "
           "more often or faster, send less, or make the buffer larger (max_entries, a power of "
           "two).";
  if (usage.written_bytes > usage.taken_bytes && share >= 50)
    return fmt::format(
        "{} % of the buffer wait, and more comes than the application takes: it will lose records.",
        share);
  if (usage.written_bytes != 0 && usage.taken_bytes == 0)
    return "Nobody took a record meanwhile.";
  return {};
}

}  // namespace

map_watch::map_watch(const std::vector<std::uint32_t>& map_ids) {
  for (const auto id : map_ids) {
    const file_descriptor fd(bpf_map_get_fd_by_id(id));
    auto map = fd.get() < 0 ? std::nullopt : read_map(fd.get());
    if (!map)
      continue;
    watched_map watched{std::move(*map), nullptr, {}};
    if (watched.map.type_number == ring_buffer_type) {
      try {
        watched.ring = std::make_unique<ring_follower>(fd.get(), watched.map);
        watched.before = watched.ring->look();
      } catch (const failure&) {
        // The kernel does not let us map it: its memory is still known.
      }
    }
    maps_.push_back(std::move(watched));
  }
}

std::vector<map_usage> map_watch::finish(const std::vector<measured_program>& measured) {
  std::vector<map_usage> found;
  for (const auto& watched : maps_) {
    map_usage usage{watched.map, std::nullopt, std::nullopt, std::nullopt, {}};
    if (watched.ring != nullptr) {
      const auto now = watched.ring->look();
      const auto& before = watched.before;
      // The kernel drops a record that does not fit, so the largest one that is there decides.
      std::size_t largest = 1;
      for (const auto& record : watched.ring->read())
        largest = std::max(largest, record.bytes.size());
      const auto is_full = [&](const ring_follower::positions& at) {
        return watched.ring->is_full_for(largest, at);
      };
      usage.ring = ring_usage{now.producer - now.consumer, now.producer - before.producer,
                              now.consumer - before.consumer, is_full(before) || is_full(now)};
      usage.advice = ring_advice(watched.map, *usage.ring);
    } else if (is_shared_hash(watched.map) && possible_cpus() > 1) {
      usage.per_cpu_bytes = memory_per_cpu(watched.map);
      usage.busy_share = busy_share(watched.map, measured);
      usage.advice = hash_advice(watched.map, *usage.busy_share, *usage.per_cpu_bytes);
    } else if (watched.map.type_number == BPF_MAP_TYPE_ARRAY && possible_cpus() > 1 &&
               watched.map.flags == 0) {
      usage.advice = array_advice(watched.map);
    }
    found.push_back(std::move(usage));
  }
  return found;
}

}  // namespace ebpfkit::host
