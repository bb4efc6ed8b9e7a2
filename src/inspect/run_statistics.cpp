#include "inspect/run_statistics.hpp"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "support/failure.hpp"

namespace ebpfkit::host {

file_descriptor enable_statistics() {
  file_descriptor held(bpf_enable_stats(BPF_STATS_RUN_TIME));
  if (held.get() < 0)
    throw failure(fmt::format("cannot enable the statistics of programs: {}", std::strerror(errno)),
                  "Linux before 5.8 needs: sysctl kernel.bpf_stats_enabled=1, and then `ebpfkit "
                  "inspect list-progs` shows the sums.");
  return held;
}

std::vector<loaded_program> read_again(const std::vector<loaded_program>& programs) {
  std::vector<loaded_program> found;
  for (const auto& known : programs) {
    const file_descriptor fd(bpf_prog_get_fd_by_id(known.id));
    if (fd.get() < 0)
      continue;
    if (auto program = read_program(fd.get()))
      found.push_back(std::move(*program));
  }
  return found;
}

std::vector<measured_program> differences(const std::vector<loaded_program>& before,
                                          const std::vector<loaded_program>& now, double interval) {
  std::vector<measured_program> measured;
  for (const auto& program : now)
    for (const auto& old : before)
      if (old.id == program.id)
        measured.push_back({program, program.run_count - old.run_count,
                            program.run_time_ns - old.run_time_ns, std::max(interval, 1e-9)});
  return measured;
}

std::vector<measured_program> measure(const std::vector<loaded_program>& programs, double seconds) {
  const auto statistics = enable_statistics();
  const auto before = read_again(programs);
  const auto begin = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const auto now = read_again(before);
  const auto end = std::chrono::steady_clock::now();
  return differences(before, now, std::chrono::duration<double>(end - begin).count());
}

}  // namespace ebpfkit::host
