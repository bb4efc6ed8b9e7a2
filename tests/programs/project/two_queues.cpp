// Schedules the whole machine for a moment, with itself as the urgent process.
#include "two_queues.skel.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

#include <ebpfkit/flags.hpp>

#include "common.hpp"

namespace {

constexpr unsigned naps = 50;

std::string first_line(const char* path) {
  std::string line;
  std::getline(std::ifstream(path), line);
  return line;
}

void sleep_often() {
  for (unsigned nap = 0; nap < naps; ++nap)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

// Both this process and another one leave the CPU over and over.
void keep_scheduler_busy() {
  const auto child = checked(fork(), "fork");
  if (child == 0)
    _exit(run_application(sleep_often));
  sleep_often();
  int status = 0;
  checked(waitpid(static_cast<pid_t>(child), &status, 0), "waitpid");
  require(status == 0, "the other process failed");
}

// Changes the declared operations, and returns the name of the scheduler.
std::string change_operations(const ebpf::two_queues& scheduler) {
  const auto opened = scheduler.maps().scheduler.fields();
  if (!opened) {
    std::printf("%s\n", opened.error().message().c_str());
    require(opened.error().code == EOPNOTSUPP, "another error than that of an old libbpf");
    return "two_queues";
  }
  auto& operations = **opened;
  const std::string name = "own_queues";
  std::snprintf(operations.name, sizeof(operations.name), "%s", name.c_str());
  operations.timeout_ms = 4000;
  operations.dump = nullptr;
  return name;
}

void schedule_own_processes() {
  auto scheduler = ebpf::two_queues::open().value();
  // The libbpf of the build may not know SEC("struct_ops.s/init").
  scheduler.programs().on_init.set_flags(ebpfkit::program_flag::sleepable).value();
  const auto name = change_operations(scheduler);
  scheduler.load().value();
  const auto late = scheduler.maps().scheduler.fields();
  require(!late && late.error().code == EBUSY, "the operations can be changed after load()");
  scheduler.maps().urgent_processes.update(static_cast<std::uint32_t>(getpid()), true).value();

  {
    const auto attached = ebpfkit::attach_struct_ops(scheduler.maps().scheduler).value();
    keep_scheduler_busy();
    require(first_line("/sys/kernel/sched_ext/state") == "enabled", "another scheduler runs");
    require(first_line("/sys/kernel/sched_ext/root/ops").rfind(name, 0) == 0,
            "a scheduler of another name runs");
  }
  const auto& counted = scheduler.bss();
  std::printf("%llu entries into the ordinary queue, %llu into the urgent one\n",
              static_cast<unsigned long long>(counted.ordinary_entries),
              static_cast<unsigned long long>(counted.urgent_entries));
  require(counted.ordinary_entries >= naps, "the ordinary queue was too empty");
  require(counted.urgent_entries >= naps, "the urgent queue was too empty");
  require(first_line("/sys/kernel/sched_ext/state") == "disabled", "the scheduler did not end");
}

}  // namespace

int main() {
  return run_application(schedule_own_processes);
}
