// The BPF program `processes`.
#pragma once

#include <chrono>
#include <cstdint>
#include <ebpfkit/ring_buffer.hpp>
#include <functional>
#include <string>
#include <vector>

#include "processes.skel.hpp"

namespace kernel_watch {

using ebpf::processes;

// Which processes to follow. The program has it as constants, set before it is loaded.
struct process_filter {
  std::int32_t parent = 0;                        // process id of the parent; 0: any
  std::chrono::milliseconds minimum_duration{0};  // more than 0: only the exits after that time
  std::uint32_t ring_bytes = 0;  // size of the ring buffer, a power of two of pages; 0: default
};

// Reports the processes that call exec and those of them that end, while the object lives.
class process_monitor {
 public:
  using handler = std::function<void(const processes::process_event&)>;

  // Loads and attaches the programs. Throws ebpfkit::exception.
  process_monitor(const process_filter& filter, handler on_event);

  // A descriptor that is readable when there are events; it belongs to the monitor.
  int descriptor() const { return ring_.epoll_fd(); }

  // Calls the handler for each event that is waiting. Throws ebpfkit::exception.
  void consume();

  // Events lost because they were not consumed in time.
  std::uint64_t dropped_events();

  // Processes whose exit cannot be reported because too many ran at the same time.
  std::uint64_t untracked_processes();

  std::vector<std::uint32_t> program_ids();

 private:
  processes program_;
  ebpfkit::ring_buffer ring_;
};

// The name of the process in the event. It ends with a terminator, or fills the array without one.
std::string name_of(const processes::process_event& event);

// BPF programs see process ids of the initial PID namespace. Whether our process ids are the same.
bool in_initial_pid_namespace();

}  // namespace kernel_watch
