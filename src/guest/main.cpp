// The program that runs inside virtual machines: as their first process, or, for tests on the
// running kernel, as an ordinary one.
//
// It reads a plan, does what the plan says, and sends the results as frames:
//   started   the machine runs; from here on, a failure is not one of booting
//   problems  what start_system() could not do
//   outcome, verifier, libbpf   see load_programs.hpp
//   stdout, stderr, exit        see run_command.hpp; `exit` has the status as text
//   kernel_log   the kernel's messages while the plan ran, as /dev/kmsg has them
//   end       everything was sent
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <string>

#include "channel.hpp"
#include "load_programs.hpp"
#include "plan.hpp"
#include "run_command.hpp"
#include "start_system.hpp"

namespace {

using ebpfkit::guest::channel;
using ebpfkit::guest::plan;

constexpr const char* plan_of_machine = "/ebpfkit/plan";
#if defined(__x86_64__)
constexpr const char* channel_of_machine = "debugcon";
#else
constexpr const char* channel_of_machine = "/dev/ttyS0";  // a PCI device; the console is ttyAMA0
#endif

// Opens the kernel's log behind its last message: stock kernels warn while they boot, and only what
// they say about the plan counts.
int open_kernel_log() {
  const int file = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file >= 0)
    lseek(file, 0, SEEK_END);
  return file;
}

// Each read(2) of /dev/kmsg gives one message.
std::string read_kernel_log(int file) {
  std::string log;
  char message[8192];
  for (;;) {
    const ssize_t count = read(file, message, sizeof message);
    if (count < 0 && errno == EPIPE)
      continue;  // the kernel has overwritten the next message
    if (count <= 0)
      return log;
    log.append(message, static_cast<size_t>(count));
  }
}

int run_plan(const plan& wanted, channel& results) {
  int status = 0;
  load_programs(wanted, results);
  if (wanted.shell)
    status = run_shell(wanted, results);
  else if (!wanted.command.empty())
    status = run_command(wanted, results);
  if (wanted.shell || !wanted.command.empty())
    results.send("exit", 0, std::to_string(status));
  return status;
}

[[noreturn]] void run_as_first_process() {
  ebpfkit::guest::mount_first();
  plan wanted;
  const std::string problem = ebpfkit::guest::read_plan(plan_of_machine, wanted);
  if (!problem.empty()) {
    fprintf(stderr, "ebpfkit-guest: %s\n", problem.c_str());
    ebpfkit::guest::stop_machine();
  }
  {
    channel results(channel_of_machine, wanted.nonce);
    results.send("started", 0, "");
    results.send("problems", 0, ebpfkit::guest::start_system(wanted));
    const int log = open_kernel_log();
    run_plan(wanted, results);
    // What the command left behind must not go on while the machine stops.
    kill(-1, SIGKILL);
    results.send("kernel_log", 0, read_kernel_log(log));
    results.send("end", 0, "");
  }
  ebpfkit::guest::stop_machine();
}

}  // namespace

int main(int argc, char** argv) {
  if (getpid() == 1)
    run_as_first_process();
  if (argc != 3) {
    fputs(
        "Usage: ebpfkit-guest PLAN CHANNEL\n"
        "`ebpfkit` starts it: as the first process of a virtual machine, or for the kernel that "
        "runs.\n",
        stderr);
    return 2;
  }
  plan wanted;
  const std::string problem = ebpfkit::guest::read_plan(argv[1], wanted);
  if (!problem.empty()) {
    fprintf(stderr, "ebpfkit-guest: %s\n", problem.c_str());
    return 2;
  }
  channel results(argv[2], wanted.nonce);
  results.send("started", 0, "");
  const int status = run_plan(wanted, results);
  results.send("end", 0, "");
  return status;
}
