// Perf events.
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

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
        bpf_perf_event_opts given{};
        given.sz = sizeof(given);
        given.bpf_cookie = options.cookie;
        // The handle then owns the event.
        bpf_link* attached = bpf_program__attach_perf_event_opts(program_, event, &given);
        if (libbpf_get_error(attached) == 0)
          return attached;
        const int code = errno;
        close(event);
        errno = code;
        return attached;
      },
      [&](int code) { return perf_event_remedy(options, code); });
}

}  // namespace ebpfkit
