// Perf events.
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../system/text.hpp"
#include "../system/text_file.hpp"
#include "attach_with.hpp"
#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/link.hpp"
#include "ebpfkit/program.hpp"
#include "ebpfkit/result.hpp"

namespace ebpfkit {
namespace {

using detail::formatted;

int open_perf_event(const perf_event_options& options) {
  perf_event_attr attributes{};
  attributes.size = sizeof(attributes);
  attributes.type = options.type;
  attributes.config = options.config;
  if (options.period != 0) {
    attributes.sample_period = options.period;
  } else {
    attributes.freq = 1;
    attributes.sample_freq = options.frequency;
  }
  const auto opened = syscall(SYS_perf_event_open, &attributes, options.process, options.cpu, -1,
                              PERF_FLAG_FD_CLOEXEC);
  return opened < 0 ? -errno : static_cast<int>(opened);
}

// Takes the descriptor of the event: the link owns it, or it is closed.
bpf_link* attach_event(bpf_program* program, int event, std::uint64_t cookie) {
  bpf_perf_event_opts given{};
  given.sz = sizeof(given);
  given.bpf_cookie = cookie;
  bpf_link* attached = bpf_program__attach_perf_event_opts(program, event, &given);
  if (libbpf_get_error(attached) == 0)
    return attached;
  const int code = errno;
  close(event);
  errno = code;
  return attached;
}

// The CPUs of a list such as "0-3,8" (Documentation/admin-guide/cputopology.rst). Empty when it is
// not such a list.
std::vector<int> cpus_of(const std::string& list) {
  constexpr long most = 1 << 20;
  std::vector<int> cpus;
  const char* at = list.c_str();
  while (*at != '\0') {
    char* end = nullptr;
    const long first = strtol(at, &end, 10);
    long last = first;
    if (end == at)
      return {};
    if (*end == '-') {
      at = end + 1;
      last = strtol(at, &end, 10);
      if (end == at)
        return {};
    }
    if (first < 0 || last < first || last > most || (*end != ',' && *end != '\0'))
      return {};
    for (long cpu = first; cpu <= last; ++cpu)
      cpus.push_back(static_cast<int>(cpu));
    at = *end == ',' ? end + 1 : end;
  }
  return cpus;
}

std::string perf_event_remedy(const perf_event_options& options, int code) {
  switch (code) {
    case EACCES:
    case EPERM:
      return formatted(
          "The process needs CAP_PERFMON (before Linux 5.8: CAP_SYS_ADMIN), or a lower "
          "kernel.perf_event_paranoid, which is %s.",
          detail::first_line("/proc/sys/kernel/perf_event_paranoid").c_str());
    case ENOENT:
    case EOPNOTSUPP:
      return "This machine has no such event, as virtual machines often have no hardware counters: "
             "use PERF_TYPE_SOFTWARE with PERF_COUNT_SW_CPU_CLOCK.";
    case ENODEV:
      return formatted("CPU %d is not there or is offline.", options.cpu);
    case ESRCH:
      return formatted("There is no process %d.", options.process);
    case EINVAL:
      return formatted(
          "Give a CPU, or a process, or both; a frequency of at most "
          "kernel.perf_event_max_sample_rate, which is %s; and a program that is "
          "SEC(\"perf_event\").",
          detail::first_line("/proc/sys/kernel/perf_event_max_sample_rate").c_str());
    default:
      return {};
  }
}

}  // namespace

result<link> program::attach_perf_event(const perf_event_options& options) {
  return detail::attach_with(
      program_,
      formatted("perf event %u:%" PRIu64 " of CPU %d, process %d", options.type, options.config,
                options.cpu, options.process),
      [&]() -> bpf_link* {
        const int event = open_perf_event(options);
        if (event < 0) {
          errno = -event;
          return nullptr;
        }
        return attach_event(program_, event, options.cookie);
      },
      [&](int code) { return perf_event_remedy(options, code); });
}

result<std::vector<link>> program::attach_perf_events(const perf_event_options& options) {
  const auto cpus = cpus_of(detail::first_line("/sys/devices/system/cpu/online"));
  if (cpus.empty()) {
    auto failure = detail::attach_error(program_, "perf events of all CPUs", ENOENT);
    failure.remedy = "/sys/devices/system/cpu/online does not tell the CPUs: mount /sys (sysfs).";
    return failure;
  }
  const bool was_automatic = autoattach();
  std::vector<link> attached;
  auto of_one = options;
  for (const int cpu : cpus) {
    of_one.cpu = cpu;
    auto added = attach_perf_event(of_one);
    if (!added) {
      set_autoattach(was_automatic);
      return added.error();
    }
    attached.push_back(*std::move(added));
  }
  return attached;
}

result<link> program::attach_perf_event_fd(int event_fd, std::uint64_t cookie) {
  return detail::attach_with(
      program_, formatted("the perf event of file descriptor %d", event_fd),
      [&]() -> bpf_link* {
        const int own = fcntl(event_fd, F_DUPFD_CLOEXEC, 0);
        return own < 0 ? nullptr : attach_event(program_, own, cookie);
      },
      [&](int code) -> std::string {
        if (code == EBADF)
          return "It is no open file descriptor.";
        if (code == EINVAL)
          return "It is no perf event that runs programs, or the program is not "
                 "SEC(\"perf_event\").";
        if (code == EEXIST)
          return "The event runs another program.";
        return {};
      });
}

}  // namespace ebpfkit
