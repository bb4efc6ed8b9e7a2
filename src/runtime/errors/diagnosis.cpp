#include "diagnosis.hpp"

#include <errno.h>
#include <unistd.h>

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "../system/text.hpp"
#include "verifier_log.hpp"

namespace ebpfkit::detail {
namespace {

constexpr auto npos = std::string_view::npos;

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != npos;
}

// The name before `message`, as in "libbpf: prog 'count': BPF program load failed".
std::string named_before(std::string_view log, std::string_view kind, std::string_view message) {
  const auto at = log.find(message);
  if (at == npos)
    return {};
  const auto quote = log.rfind(kind, at);
  if (quote == npos || quote + kind.size() > at)
    return {};
  const auto begin = quote + kind.size();
  return std::string(log.data() + begin, at - begin);
}

std::string failed_program(std::string_view log) {
  auto name = named_before(log, "prog '", "': BPF program load failed");
  return name.empty() ? named_before(log, "prog '", "': failed to load") : name;
}

std::string cause_text(std::string_view verifier_log) {
  const auto cause = find_cause(verifier_log);
  if (cause.reason.empty())
    return {};
  return formatted(
      "%s%s%s%s%s%s%s", cause.reason.c_str(),
      cause.source.empty() ? "" : "\nin the line: ", cause.source.c_str(),
      cause.instruction.empty() ? "" : "\nat the instruction: ", cause.instruction.c_str(),
      cause.suggestion.empty() ? "" : "\nthe kernel suggests: ", cause.suggestion.c_str());
}

const char* privilege_remedy() {
  if (geteuid() != 0)
    return "Run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON (before Linux 5.8: "
           "CAP_SYS_ADMIN).";
  return "Root may not do this: give the container CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON and "
         "a "
         "seccomp profile with bpf(), or look for lockdown or a security module (SELinux, "
         "AppArmor).";
}

// The remedy when the process or the system lacks something. The object and the kernel are then not
// the cause, whatever else the log says.
const char* shortage_remedy(operation failed, int code) {
  switch (code) {
    case EMFILE:
      return "Raise the limit of open files (RLIMIT_NOFILE, ulimit -n).";
    case ENFILE:
      return "The system has too many open files (fs.file-max).";
    default:
      break;
  }
  if (failed != operation::load)
    return "";
  if (code == ENOMEM)
    return "Make the maps smaller, or raise the memory limit (memory cgroup).";
  return is_shortage(code) ? "Signals interrupted the verifier: set load_options::hold_signals."
                           : "";
}

const char* rejection_remedy(std::string_view verifier_log) {
  // adjust_ptr_min_max_vals() of kernel/bpf/verifier.c: "math between map_value pointer and
  // register with unbounded min value is not allowed".
  if (has(verifier_log, "math between ") && has(verifier_log, " pointer and register "))
    return "Check the register's bounds before the program adds it to a pointer. If the source "
           "does, "
           "try MCPU v2: older verifiers do not follow 32-bit comparisons.";
  return "The verifier rejected the program: the last lines of its log say why.";
}

const char* load_remedy(const ebpfkit::error& failure) {
  const std::string_view log = failure.libbpf_log;
  const int code = failure.code;
  if (has(log, "failed to find valid kernel BTF") || has(log, "Error loading vmlinux BTF"))
    return "The running kernel has no BTF (CONFIG_DEBUG_INFO_BTF): give the open options a "
           "btf_custom_path.";
  if (has(log, "invalid CO-RE relocation") || has(log, "failed to resolve CO-RE relocation"))
    return "The running kernel lacks a type or field that the program uses: guard the access with "
           "bpf_core_type_exists() or bpf_core_field_exists().";
  if (has(log, "no BTF-based attach target is specified"))
    return "Its SEC() names no function: write SEC(\"fentry/<function>\"), or call "
           "set_attach_target() before load().";
  if (has(log, "is not found in vmlinux BTF") || has(log, "failed to find kernel BTF type ID"))
    return "The running kernel has no such function or tracepoint: choose another one, or switch "
           "it off with set_autoload(false).";
  if (!failure.verifier_cause.empty())
    return rejection_remedy(failure.verifier_log);
  const bool is_forbidden = code == EPERM || code == EACCES;
  // bpf_prog_load() of kernel/bpf/syscall.c asks the security modules again behind the verifier.
  if (!failure.verifier_log.empty())
    return is_forbidden
               ? "The verifier has no complaint: a security module (SELinux, AppArmor) forbids it."
               : "The verifier has no complaint.";
  if (is_forbidden)
    return privilege_remedy();
  if (code == E2BIG)
    return "Make the maps smaller.";
  return "";
}

const char* attach_remedy(int code) {
  switch (code) {
    case EPERM:
    case EACCES:
      return privilege_remedy();
    case ENOENT:
      return "The running kernel has no such hook, or tracefs is not mounted "
             "(mount -t tracefs tracefs /sys/kernel/tracing).";
    case EBUSY:
    case EEXIST:
      return "Another program is attached there: detach it first.";
    case ENODEV:
      return "There is no such network interface.";
    case EOPNOTSUPP:
      return "The program's SEC() does not say where to attach it, or the kernel cannot "
             "attach it there.";
    case EINVAL:
      return "The hook does not take this program: check its SEC().";
    default:
      return "";
  }
}

const char* remedy_for(operation failed, const ebpfkit::error& failure) {
  if (const char* remedy = shortage_remedy(failed, failure.code); *remedy)
    return remedy;
  // libbpf before 1.5 does not open such objects. Newer ones do not load them.
  if (has(failure.libbpf_log, "endianness"))
    return "The object is for CPUs of the other byte order: build it for this one (ENDIAN).";
  if (failed == operation::load)
    return load_remedy(failure);
  if (failed == operation::attach) {
    // collect_usdt_targets() of libbpf's usdt.c.
    if (has(failure.libbpf_log, "without specific PID is not supported"))
      return "Before Linux 5.15 USDT probes of position-independent files need a process id: "
             "usdt_options::process.";
    return attach_remedy(failure.code);
  }
  if (failure.code == EPERM || failure.code == EACCES)
    return privilege_remedy();
  if (failure.code == EBADF)
    return "Load the object first.";
  return "";
}

}  // namespace

bool is_shortage(int code) noexcept {
  return code == EMFILE || code == ENFILE || code == EAGAIN || code == EINTR || code == ENOMEM;
}

// A table: a switch would take more space where code is position-independent.
const char* operation_text(operation failed) noexcept {
  // clang-format off
  static constexpr const char* texts[] = {
      "attach",                            // attach
      "count",                             // count
      "drain",                             // drain
      "erase from",                        // erase
      "look up in",                        // find
      "look up the XDP mode of",           // find_xdp_mode
      "iterate over",                      // iterate
      "load",                              // load
      "open",                              // open
      "pin",                               // pin
      "read",                              // read
      "read the timer of",                 // read_timer
      "reuse",                             // reuse
      "set the attach target of",          // set_attach_target
      "start the timer of",                // start_timer
      "take from",                         // take
      "unpin",                             // unpin
      "update",                            // update
      "wait for",                          // wait
      "write",                             // write
  };
  // clang-format on
  static_assert(std::size(texts) == static_cast<std::size_t>(operation::write) + 1);
  return texts[static_cast<std::size_t>(failed)];
}

std::string quoted(const char* kind, const char* name) {
  return formatted("%s '%s'", kind, name ? name : "");
}

ebpfkit::error diagnose(operation failed, std::string object, int code, std::string log) {
  ebpfkit::error failure;
  failure.operation = operation_text(failed);
  failure.code = code < 0 ? -code : code;
  const auto program = failed_program(log);
  const auto map = named_before(log, "map '", "': failed to create");
  failure.object = !program.empty() ? quoted("program", program.c_str())
                   : !map.empty()   ? quoted("map", map.c_str())
                                    : std::move(object);
  // `log` may hold verifier logs of accepted programs too. It has no verifier log of a program that
  // the kernel refuses before it calls the verifier. It has one of a program that the kernel
  // refuses for want of a descriptor behind the verifier, or whose verification a signal
  // interrupted.
  program_log each;
  for (std::string_view rest = log; take_program_log(rest, each);) {
    if (each.program == program && !is_shortage(failure.code))
      failure.verifier_log = each.log;
  }
  failure.verifier_cause = cause_text(failure.verifier_log);
  failure.libbpf_log = std::move(log);
  failure.remedy = remedy_for(failed, failure);
  return failure;
}

ebpfkit::error diagnose_named(operation failed, const char* kind, const char* name, int code,
                              std::string log, std::string remedy) {
  auto failure = diagnose(failed, quoted(kind, name), code, std::move(log));
  if (!remedy.empty())
    failure.remedy = std::move(remedy);
  return failure;
}

}  // namespace ebpfkit::detail
