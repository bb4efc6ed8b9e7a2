// Tracepoints, functions by BTF, LSM hooks and perf events.
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attach_with.hpp"
#include "ebpfkit/program.hpp"
#include "../system/text.hpp"

namespace ebpfkit {
namespace {

using detail::formatted;

std::string tracepoint_remedy(const std::string& category, const std::string& name, int code) {
  if (code != ENOENT)
    return {};
  if (auto unmounted = detail::if_no_tracefs(); !unmounted.empty())
    return unmounted;
  const auto tracefs = detail::tracefs();
  if (access(formatted("%s/events/%s", tracefs.c_str(), category.c_str()).c_str(), F_OK) != 0)
    return formatted("The running kernel has no tracepoints of category '%s' (%s/events).",
                     category.c_str(), tracefs.c_str());
  return formatted("The running kernel has no tracepoint '%s' in category '%s' (%s/events/%s).",
                   name.c_str(), category.c_str(), tracefs.c_str(), category.c_str());
}

// What bpf(2) takes for BPF_RAW_TRACEPOINT_OPEN since Linux 6.10.
int open_raw_tracepoint(const std::string& name, int program_fd, std::uint64_t cookie) {
  struct {
    std::uint64_t name;
    std::uint32_t program_fd;
    std::uint32_t zero;
    std::uint64_t cookie;
  } attributes{reinterpret_cast<std::uintptr_t>(name.c_str()),
               static_cast<std::uint32_t>(program_fd), 0, cookie};
  const auto opened = syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attributes, sizeof(attributes));
  return opened < 0 ? -errno : static_cast<int>(opened);
}

std::string raw_tracepoint_remedy(const std::string& name, std::uint64_t cookie, int code) {
  if (cookie != 0 && (code == EINVAL || code == E2BIG)) {
    if (auto old = detail::if_older_than(6, 10, "Cookies of raw tracepoints"); !old.empty())
      return old;
  }
  if (code == ENOENT)
    return formatted(
        "The running kernel has no tracepoint '%s': raw tracepoints are named without their "
        "category.",
        name.c_str());
  if (code == EINVAL)
    return "The program is not SEC(\"raw_tp\"), or reads more arguments than the tracepoint has.";
  return {};
}

std::string trace_remedy(int code, std::uint64_t cookie) {
  if (cookie != 0) {
    if (auto old = detail::if_older_than(6, 0, "Cookies of fentry and fexit"); !old.empty())
      return old;
  }
  if (code == EBUSY)
    return "The function is traced by something that shares it with nobody (live patching, or a "
           "kprobe that changes registers).";
  if (code == EINVAL || code == ENOTSUP || code == 524)
    return "The running kernel cannot trace functions on this architecture "
           "(CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS), or the program is not fentry, fexit, "
           "fmod_ret "
           "or tp_btf.";
  return {};
}

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

result<link> program::try_attach_tracepoint(const std::string& category, const std::string& name,
                                            std::uint64_t cookie) {
  return detail::attach_with(
      program_, formatted("tracepoint '%s/%s'", category.c_str(), name.c_str()),
      [&] {
        bpf_tracepoint_opts given{};
        given.sz = sizeof(given);
        given.bpf_cookie = cookie;
        return bpf_program__attach_tracepoint_opts(program_, category.c_str(), name.c_str(),
                                                   &given);
      },
      [&](int code) {
        auto remedy =
            cookie == 0 ? std::string() : detail::if_older_than(5, 15, "Cookies of tracepoints");
        return remedy.empty() ? tracepoint_remedy(category, name, code) : remedy;
      });
}

result<link> program::try_attach_raw_tracepoint(const std::string& name, std::uint64_t cookie) {
  const auto hook = formatted("raw tracepoint '%s'", name.c_str());
  const auto remedy = [&](int code) { return raw_tracepoint_remedy(name, cookie, code); };
  if (cookie == 0)
    return detail::attach_with(
        program_, hook, [&] { return bpf_program__attach_raw_tracepoint(program_, name.c_str()); },
        remedy);
  // libbpf before 1.5 has no cookie for it.
  return detail::attach_fd_with(
      program_, hook, [&] { return open_raw_tracepoint(name, fd(), cookie); }, remedy);
}

result<link> program::try_attach_trace(std::uint64_t cookie) {
  return detail::attach_with(
      program_, "the function of its SEC()",
      [&] {
        bpf_trace_opts given{};
        given.sz = sizeof(given);
        given.cookie = cookie;
        return bpf_program__attach_trace_opts(program_, &given);
      },
      [&](int code) { return trace_remedy(code, cookie); });
}

result<link> program::try_attach_lsm() {
  const auto remedy = [](int code) -> std::string {
    if (detail::bpf_lsm_is_inactive())
      return "BPF is not among the active LSMs (/sys/kernel/security/lsm): boot with that list and "
             "',bpf' as the kernel's parameter lsm=, on a kernel with CONFIG_BPF_LSM.";
    return trace_remedy(code, 0);
  };
  return detail::attach_with(
      program_, "the LSM hook of its SEC()",
      [&]() -> bpf_link* {
        if (fd() >= 0 && detail::bpf_lsm_is_inactive()) {
          errno = EOPNOTSUPP;
          return nullptr;
        }
        return bpf_program__attach_lsm(program_);
      },
      remedy);
}

result<link> program::try_attach_perf_event(const perf_event_options& options) {
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
