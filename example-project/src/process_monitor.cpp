#include "process_monitor.hpp"

#include <bpf/libbpf.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "kernel_types.hpp"
#include "program_id.hpp"
#include "unique_fd.hpp"

namespace kernel_watch {
namespace {

processes loaded_program(const process_filter& filter) {
  const auto types = find_kernel_types();
  processes program = processes::open(types.open_options()).value();
  program.rodata().only_parent_tgid = filter.parent;
  program.rodata().minimum_duration_ns =
      static_cast<std::uint64_t>(std::chrono::nanoseconds(filter.minimum_duration).count());
  if (filter.ring_bytes != 0 &&
      bpf_map__set_max_entries(program.maps().events.get(), filter.ring_bytes) != 0)
    throw_errno("set the size of the ring buffer");
  program.load().value();
  return program;
}

// A counter that the kernel changes while we look. On a 32-bit CPU the two halves may be of two
// moments: an atomic load would need libatomic there.
std::uint64_t read_shared(const volatile std::uint64_t& counter) {
  return counter;
}

}  // namespace

process_monitor::process_monitor(const process_filter& filter, handler on_event)
    : program_(loaded_program(filter)),
      ring_(
          program_.maps().events.subscribe<processes::process_event>(std::move(on_event)).value()) {
  program_.attach().value();
}

void process_monitor::consume() {
  ring_.consume().value();
}

std::uint64_t process_monitor::dropped_events() {
  return read_shared(program_.bss().dropped_events);
}

std::uint64_t process_monitor::untracked_processes() {
  return read_shared(program_.bss().untracked_processes);
}

std::vector<std::uint32_t> process_monitor::program_ids() {
  return {program_id(program_.programs().process_exec.fd()),
          program_id(program_.programs().process_exit.fd())};
}

std::string name_of(const processes::process_event& event) {
  return {std::begin(event.comm), std::find(std::begin(event.comm), std::end(event.comm), '\0')};
}

bool in_initial_pid_namespace() {
  // The inode number is fixed: PID_NS_INIT_INO in the kernel's include/uapi/linux/nsfs.h.
  std::error_code unreadable;
  const auto name = std::filesystem::read_symlink("/proc/self/ns/pid", unreadable);
  return unreadable || name == "pid:[4026531836]";
}

}  // namespace kernel_watch
