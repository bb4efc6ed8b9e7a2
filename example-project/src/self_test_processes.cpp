// Starts processes and lets the BPF program follow them.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "process_monitor.hpp"
#include "self_test.hpp"
#include "self_test_child.hpp"

namespace kernel_watch {
namespace {

using processes_event = processes::process_event;

// A child that has ended, and what the test knows of it.
struct ended_child {
  process_facts facts;
  int wait_status = 0;
};

using ended_children = std::map<pid_t, ended_child>;

// Waits for the child's end and notes everything that the test can know of it without BPF.
void finish(child_process child, int signal, ended_children& ended) {
  const pid_t id = child.id();
  ended_child entry;
  entry.facts = child.facts();
  if (signal != 0)
    child.signal(signal);
  else
    child.release();
  entry.wait_status = child.wait();
  ended.emplace(id, std::move(entry));
}

// A process that ends without exec, which the monitor does not report.
void fork_only() {
  const pid_t id = check_call(fork(), "fork");
  if (id == 0)
    _exit(0);
  check_call(waitpid(id, nullptr, 0), "waitpid");
}

ended_children run_children() {
  ended_children ended;
  for (const int exit_status : {0, 1, 2, 3, 42, 127, 128, 255})
    finish(child_process({.exit_status = exit_status}), 0, ended);
  finish(child_process({.exit_status = 4, .threads = 16}), 0, ended);
  finish(child_process({.exit_status = 5, .children = 2}), 0, ended);
  finish(child_process({.exit_status = 6, .leader_leaves = true}), 0, ended);
  finish(child_process({}), SIGKILL, ended);
  finish(child_process({.threads = 16}), SIGTERM, ended);
  fork_only();
  fork_only();
  return ended;
}

// How many of the events are of this kind and agree with what is known of their process.
template <class Agrees>
std::uint64_t count_agreeing(const std::vector<processes_event>& events, processes::event_kind kind,
                             const ended_children& ended, Agrees agrees) {
  return static_cast<std::uint64_t>(
      std::count_if(events.begin(), events.end(), [&](const processes_event& event) {
        const auto child = ended.find(event.tgid);
        return event.kind == kind && child != ended.end() && agrees(event, child->second);
      }));
}

void compare_events(check_list& checks, const std::vector<processes_event>& events,
                    const ended_children& ended) {
  using enum processes::event_kind;
  const std::uint64_t nanoseconds_per_tick =
      1'000'000'000 / static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  const auto any = [](const auto&, const auto&) { return true; };
  const auto same_parent = [](const processes_event& event, const ended_child& child) {
    return event.parent_tgid == getpid() && child.facts.parent == getpid();
  };
  const auto same_start = [=](const processes_event& event, const ended_child& child) {
    return event.start_time / nanoseconds_per_tick == child.facts.start_ticks;
  };
  const auto same_status = [](const processes_event& event, const ended_child& child) {
    return event.wait_status == child.wait_status;
  };
  const auto name_at_exec = [name = executable_name()](const processes_event& event,
                                                       const ended_child&) {
    return name_of(event) == name;
  };
  const auto name_at_exit = [](const processes_event& event, const ended_child& child) {
    return name_of(event) == child.facts.name;
  };

  const std::uint64_t expected = ended.size();
  const auto compare = [&](const char* name, processes::event_kind kind, auto agrees) {
    checks.compare(name, expected, count_agreeing(events, kind, ended, agrees));
  };
  checks.compare("processes: events", 2 * expected, events.size());
  compare("processes: execs of our children", PROCESS_EXEC, any);
  compare("processes: execs, parent as in /proc", PROCESS_EXEC, same_parent);
  compare("processes: execs, start time as in /proc", PROCESS_EXEC, same_start);
  compare("processes: execs, name of the program", PROCESS_EXEC, name_at_exec);
  compare("processes: exits of our children", PROCESS_EXIT, any);
  compare("processes: exits, parent as in /proc", PROCESS_EXIT, same_parent);
  compare("processes: exits, start time as in /proc", PROCESS_EXIT, same_start);
  compare("processes: exits, name as in /proc", PROCESS_EXIT, name_at_exit);
  compare("processes: exits, status as waitpid() says", PROCESS_EXIT, same_status);
}

// All events, of children that end in every way.
void test_events(check_list& checks) {
  std::vector<processes_event> events;
  std::vector<std::uint32_t> program_ids;
  {
    process_monitor monitor({.parent = getpid()},
                            [&events](const auto& event) { events.push_back(event); });
    program_ids = monitor.program_ids();
    const ended_children ended = run_children();
    // The kernel reports an exit before it lets waitpid() return: all events are there.
    monitor.consume();
    compare_events(checks, events, ended);
    checks.compare("processes: events dropped", 0, monitor.dropped_events());
    checks.compare("processes: processes not tracked", 0, monitor.untracked_processes());
  }
  test_unloaded(checks, "processes: programs left", program_ids);
}

// Only exits of those that ran long enough.
void test_minimum_duration(check_list& checks) {
  using namespace std::chrono_literals;
  constexpr auto minimum = 1000ms;
  constexpr int long_running = 2;

  std::vector<processes_event> events;
  process_monitor monitor({.parent = getpid(), .minimum_duration = minimum},
                          [&events](const auto& event) { events.push_back(event); });
  std::vector<child_process> waiting;
  for (int i = 0; i < long_running; ++i)
    waiting.emplace_back(child_plan{});
  ended_children short_lived;
  for (int i = 0; i < 3; ++i)
    finish(child_process({}), 0, short_lived);
  std::this_thread::sleep_for(minimum);
  ended_children ended;
  for (child_process& child : waiting)
    finish(std::move(child), 0, ended);
  monitor.consume();
  checks.compare("minimum duration: events", long_running, events.size());
  checks.compare("minimum duration: exits of the long-running", long_running,
                 count_agreeing(events, processes::event_kind::PROCESS_EXIT, ended,
                                [=](const processes_event& event, const ended_child&) {
                                  return std::chrono::nanoseconds(event.duration) >= minimum;
                                }));
}

// More events than the smallest ring buffer holds. Those that fit arrive. The program counts the
// others.
void test_dropped_events(check_list& checks) {
  // A record has a header of 8 bytes and is rounded up to 8; the kernel leaves at least one byte
  // free (kernel/bpf/ringbuf.c).
  constexpr std::size_t record = 8 + (sizeof(processes_event) + 7) / 8 * 8;
  const auto ring_bytes = static_cast<std::uint32_t>(sysconf(_SC_PAGESIZE));
  const std::uint64_t capacity = (ring_bytes - 1) / record;
  const std::uint64_t children = capacity / 2 + 4;

  std::uint64_t received = 0;
  process_monitor monitor({.parent = getpid(), .ring_bytes = ring_bytes},
                          [&received](const auto&) { ++received; });
  for (std::uint64_t i = 0; i < children; ++i) {
    child_process child({});
    child.release();
    child.wait();
  }
  monitor.consume();
  checks.compare("full ring buffer: events received", capacity, received);
  checks.compare("full ring buffer: events dropped", 2 * children - capacity,
                 monitor.dropped_events());
}

}  // namespace

void test_processes(check_list& checks) {
  if (!in_initial_pid_namespace())
    throw std::runtime_error(
        "the self-test knows its children by their process ids, which are others here than in the "
        "kernel: run it outside of the container's PID namespace (--pid=host)");
  test_events(checks);
  test_minimum_duration(checks);
  test_dropped_events(checks);
}

}  // namespace kernel_watch
