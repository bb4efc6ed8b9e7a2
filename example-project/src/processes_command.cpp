// `kernel-watch processes`
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "commands.hpp"
#include "event_loop.hpp"
#include "json.hpp"
#include "output.hpp"
#include "process_monitor.hpp"
#include "text.hpp"

namespace kernel_watch {
namespace {

using clock = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

bool is_exit(const processes::process_event& event) {
  return event.kind == processes::event_kind::PROCESS_EXIT;
}

double milliseconds(std::uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e6;
}

std::string outcome(const processes::process_event& event) {
  if (!is_exit(event))
    return {};
  if (WIFSIGNALED(event.wait_status))
    return "signal " + std::to_string(WTERMSIG(event.wait_status));
  return "status " + std::to_string(WEXITSTATUS(event.wait_status));
}

std::string row(const processes::process_event& event) {
  std::string text = left_aligned(is_exit(event) ? "exit" : "exec", 6) +
                     right_aligned(std::to_string(event.tgid), 9) +
                     right_aligned(std::to_string(event.parent_tgid), 9) + "  " +
                     left_aligned(printable(name_of(event)), 16);
  if (is_exit(event))
    text += left_aligned(outcome(event), 12) +
            right_aligned(fixed(milliseconds(event.duration), 3), 14);
  return text;
}

std::string header() {
  return left_aligned("event", 6) + right_aligned("process", 9) + right_aligned("parent", 9) +
         "  " + left_aligned("name", 16) + left_aligned("outcome", 12) +
         right_aligned("duration ms", 14);
}

std::string json(const processes::process_event& event) {
  json_object object;
  object.text("type", is_exit(event) ? "exit" : "exec")
      .integer("process", event.tgid)
      .integer("parent", event.parent_tgid)
      .text("name", name_of(event))
      .count("start_time_ns", event.start_time);
  if (!is_exit(event))
    return object.str();
  object.count("duration_ns", event.duration);
  if (WIFSIGNALED(event.wait_status))
    object.integer("signal", WTERMSIG(event.wait_status));
  else
    object.integer("exit_status", WEXITSTATUS(event.wait_status));
  return object.str();
}

class process_report {
 public:
  explicit process_report(const processes_options& options)
      : json_(options.json), as_table_(!options.json && output_is_terminal()) {}

  // Prints the names of the columns above lines. A table has its own.
  void begin() {
    if (!json_ && !as_table_)
      print_line(header());
  }

  void add(const processes::process_event& event) {
    ++(is_exit(event) ? exits_ : execs_);
    if (json_) {
      print_line(json(event));
    } else if (!as_table_) {
      print_line(row(event));
    } else {
      recent_.push_back(row(event));
      while (recent_.size() > recent_limit)
        recent_.pop_front();
    }
  }

  // Redraws the table. The other forms have printed everything already.
  void refresh(process_monitor& monitor) {
    if (!as_table_)
      return;
    constexpr std::size_t other_lines = 3;  // totals, header and the line of the cursor
    const std::size_t rows = terminal_rows();
    const std::size_t visible =
        std::min(recent_.size(), rows > other_lines ? rows - other_lines : 0);
    std::vector<std::string> lines = {totals(monitor), header()};
    lines.insert(lines.end(), recent_.end() - static_cast<std::ptrdiff_t>(visible), recent_.end());
    table_.draw(lines);
  }

  void summary(process_monitor& monitor) {
    if (json_)
      print_line(json_object()
                     .text("type", "summary")
                     .number("seconds", running_time(), 3)
                     .count("execs", execs_)
                     .count("exits", exits_)
                     .count("dropped_events", monitor.dropped_events())
                     .count("untracked_processes", monitor.untracked_processes())
                     .str());
    else if (as_table_)
      refresh(monitor);
    else
      print_line(totals(monitor));
  }

 private:
  static constexpr std::size_t recent_limit = 500;  // more rows than terminals have

  double running_time() const { return seconds(clock::now() - start_).count(); }

  std::string totals(process_monitor& monitor) const {
    return fixed(running_time(), 1) + " s: " + std::to_string(execs_) + " execs, " +
           std::to_string(exits_) + " exits, " + std::to_string(monitor.dropped_events()) +
           " events dropped, " + std::to_string(monitor.untracked_processes()) +
           " processes not tracked";
  }

  bool json_;
  bool as_table_;
  clock::time_point start_ = clock::now();
  std::uint64_t execs_ = 0;
  std::uint64_t exits_ = 0;
  std::deque<std::string> recent_;
  live_table table_;
};

}  // namespace

int watch_processes(const processes_options& options) {
  constexpr auto redraw_period = std::chrono::milliseconds(250);

  if (!in_initial_pid_namespace())
    print_message(
        "this is a PID namespace of its own; process ids here, --parent's too, are those of the "
        "initial one");
  event_loop loop;
  process_report report(options);
  process_monitor monitor({.parent = options.parent, .minimum_duration = options.minimum_duration},
                          [&report](const auto& event) { report.add(event); });
  report.begin();
  loop.watch(monitor.descriptor(), [&monitor] { monitor.consume(); });
  loop.every(redraw_period, [&] { report.refresh(monitor); });
  loop.stop_after(std::chrono::duration_cast<std::chrono::nanoseconds>(options.running_time));
  loop.run();
  monitor.consume();
  report.summary(monitor);
  return 0;
}

}  // namespace kernel_watch
