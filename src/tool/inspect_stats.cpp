// `ebpfkit inspect stats|profile`: how often programs run, and how long they take.
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "inspect/loaded_objects.hpp"
#include "inspect/run_statistics.hpp"
#include "support/failure.hpp"
#include "support/file_descriptor.hpp"
#include "support/process.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "support/text_table.hpp"
#include "tool/command.hpp"
#include "tool/inspect.hpp"
#include "tool/inspect_choice.hpp"

namespace ebpfkit::host::tool {

namespace {

using json = nlohmann::ordered_json;
using seconds = std::chrono::duration<double>;

struct stats_options {
  object_choice program;
  std::string interval;
  std::string count;
  bool json = false;
};

json measured_json(const std::vector<measured_program>& measured) {
  auto list = json::array();
  for (const auto& one : measured) {
    json entry{{"id", one.program.id},
               {"name", one.program.name},
               {"type", one.program.type},
               {"runs", one.runs},
               {"runs_per_second", one.runs_per_second()},
               {"average_ns", one.average_ns()},
               {"cpu_share", one.cpu_share()},
               {"all_runs", one.program.run_count},
               {"recursion_misses", one.program.recursion_misses}};
    if (one.runs == 0)
      entry["average_ns"] = nullptr;
    list.push_back(std::move(entry));
  }
  return list;
}

std::string measured_text(const std::vector<measured_program>& measured) {
  std::vector<std::vector<std::string>> rows{
      {"id", "name", "type", "runs/s", "average ns", "CPU %", "runs"}};
  for (const auto& one : measured)
    rows.push_back({std::to_string(one.program.id), printable(one.program.name), one.program.type,
                    fmt::format("{:.1f}", one.runs_per_second()),
                    one.runs == 0 ? "-" : fmt::format("{:.0f}", one.average_ns()),
                    fmt::format("{:.3f}", one.cpu_share() * 100),
                    std::to_string(one.program.run_count)});
  return text_table(rows);
}

std::vector<loaded_program> programs_to_measure(const inspect_context& context,
                                                object_choice choice, const char* command) {
  // Without a project, and without a name, all programs are of interest.
  choice.all =
      choice.all || (choice.name.empty() && choice.id.empty() && context.object_paths().empty());
  return choose_programs(context, choice, command);
}

void watch_statistics(const inspect_context& context, const stats_options& given) {
  const auto interval = inspect_seconds(context.value(given.interval, "INTERVAL"), 1);
  const auto count_word = context.value(given.count, "COUNT");
  const auto count = count_word.empty() ? 0 : inspect_number(count_word, "COUNT");
  context.need_root("measure programs");
  auto before = programs_to_measure(context, given.program, "stats");
  const bool is_json = context.flag(given.json, "JSON");
  const bool is_terminal = !is_json && ::isatty(STDOUT_FILENO) != 0;
  const auto statistics = enable_statistics();
  before = read_again(before);
  auto begin = std::chrono::steady_clock::now();
  for (std::uint32_t round = 0; count == 0 || round < count; ++round) {
    std::this_thread::sleep_for(interval);
    auto now = read_again(before);
    const auto end = std::chrono::steady_clock::now();
    if (now.empty())
      throw failure("stats: the programs are gone", "Start the application again.");
    const auto measured = differences(before, now, seconds(end - begin).count());
    if (is_json) {
      auto document = inspect_document("stats");
      document["interval_seconds"] = seconds(end - begin).count();
      document["programs"] = measured_json(measured);
      print_output("{}\n", document.dump(-1, ' ', true, json::error_handler_t::replace));
    } else {
      if (is_terminal) {
        clear_terminal();
        print_output("Programs, Ctrl-C ends\n");
      }
      print_output("{}", measured_text(measured));
    }
    flush_output();
    before = std::move(now);
    begin = end;
  }
}

// Why this machine cannot count hardware events; empty when it can.
std::string missing_pmu() {
  perf_event_attr wanted{};
  wanted.size = sizeof wanted;
  wanted.type = PERF_TYPE_HARDWARE;
  wanted.config = PERF_COUNT_HW_CPU_CYCLES;
  wanted.disabled = 1;
  const file_descriptor event(
      static_cast<int>(::syscall(SYS_perf_event_open, &wanted, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
  return event.get() >= 0 ? std::string() : std::strerror(errno);
}

// What bpftool's profiler counted for a program, as it says it.
struct profile_answer {
  bool is_known = false;
  std::string text;
};

profile_answer run_profiler(const inspect_context& context, std::uint32_t program,
                            seconds interval) {
  const auto duration = std::max(1L, std::lround(interval.count()));
  const auto result =
      run_process({context.bpftool(), "prog", "profile", "id", std::to_string(program), "duration",
                   std::to_string(duration), "cycles", "instructions"});
  return {result.exit_status == 0,
          result.errors.empty() ? result.output : result.output + result.errors};
}

void profile(const inspect_context& context, const stats_options& given) {
  const auto interval = inspect_seconds(context.value(given.interval, "INTERVAL"), 1);
  context.need_root("measure programs");
  const auto programs = programs_to_measure(context, given.program, "profile");
  const bool is_json = context.flag(given.json, "JSON");
  std::string reason;
  if (const auto missing = missing_pmu(); !missing.empty())
    reason = fmt::format(
        "this machine has no PMU that counts cycles (perf_event_open: {}); most "
        "virtual machines have none",
        missing);
  auto profiles = json::array();
  for (const auto& program : programs) {
    if (!reason.empty())
      break;
    const auto answer = run_profiler(context, program.id, interval);
    if (!answer.is_known) {
      reason = fmt::format("'{} prog profile' failed: {}", context.bpftool(),
                           printable(answer.text, 500));
    } else if (is_json) {
      profiles.push_back({{"id", program.id}, {"name", program.name}, {"bpftool", answer.text}});
    } else {
      print_output("program {} '{}' ({}):\n{}\n", program.id, printable(program.name), program.type,
                   answer.text);
    }
  }
  std::vector<measured_program> measured;
  if (!reason.empty())
    measured = measure(programs, interval.count());
  if (is_json) {
    auto document = inspect_document("profile");
    document["has_hardware_counters"] = reason.empty();
    document["reason"] = reason.empty() ? json() : json(reason);
    document["profiles"] = std::move(profiles);
    document["programs"] = measured_json(measured);
    print_json(document);
  } else if (!reason.empty()) {
    print_output("Cycles and instructions cannot be counted: {}.\nThe average times instead:\n{}",
                 reason, measured_text(measured));
  }
}

}  // namespace

void add_inspect_stats_commands(CLI::App& inspect, const shared_context& context) {
  const auto add = [&](const char* name, const char* description,
                       void (*run)(const inspect_context&, const stats_options&)) {
    auto given = std::make_shared<stats_options>();
    auto* command = inspect.add_subcommand(name, description);
    add_program_choice(*command, given->program);
    command->add_flag("--all", given->program.all, "All programs in the kernel (variable ALL)");
    command->add_option("--interval", given->interval,
                        "Seconds to measure, default 1 (variable INTERVAL)");
    command->add_flag("--json", given->json, "Print JSON (variable JSON)");
    command->callback([=] { run(*context, *given); });
    return std::pair(command, given);
  };
  {
    auto [command, given] =
        add("stats", "Watch how often programs run, and how long they take", watch_statistics);
    command->add_option("--count", given->count,
                        "Intervals until it ends; default: until Ctrl-C (variable COUNT)");
  }
  add("profile", "Count the cycles and instructions of programs, where the machine can", profile);
}

}  // namespace ebpfkit::host::tool
