// Probes: kprobes in the kernel, uprobes and USDT in applications.
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../system/running_kernel.hpp"
#include "../system/text.hpp"
#include "../system/tracefs.hpp"
#include "attach_with.hpp"
#include "ebpfkit/program.hpp"
#include "missing_hook.hpp"

namespace ebpfkit {
namespace {

using detail::formatted;

std::string offset_text(std::size_t offset) {
  return offset == 0 ? std::string() : formatted("+%zu", offset);
}

// Whether the kernel has probes of this kind: as perf events since Linux 4.17, in tracefs before.
bool has_probe_kind(const char* kind) {
  return access(formatted("/sys/bus/event_source/devices/%s", kind).c_str(), F_OK) == 0 ||
         access(formatted("%s/%s_events", detail::tracefs().c_str(), kind).c_str(), F_OK) == 0;
}

std::string cookie_remedy(std::uint64_t cookie) {
  return cookie == 0 ? std::string() : detail::if_older_than({5, 15}, "Cookies of probes");
}

// The compiler may have inlined the function into others.
std::string missing_function(const std::string& function) {
  auto missing = detail::missing_hook_text(detail::hook_list::functions, function);
  if (!missing.empty())
    missing += " It may be inlined, or have another name in this version (/proc/kallsyms).";
  return missing;
}

std::string kprobe_remedy(const std::string& function, int code) {
  if (code != ENOENT && code != EINVAL && code != EADDRNOTAVAIL)
    return {};
  if (!has_probe_kind("kprobe"))
    return "The running kernel has no kprobes (CONFIG_KPROBES, CONFIG_KPROBE_EVENTS): use fentry "
           "or "
           "a tracepoint.";
  if (auto missing = missing_function(function); !missing.empty())
    return missing;
  if (code == EADDRNOTAVAIL)
    return formatted("The running kernel has several functions '%s': which one is not clear.",
                     function.c_str());
  return "The kernel does not allow a probe there: the function is on its list "
         "(/sys/kernel/debug/kprobes/blacklist), or the offset is within an instruction.";
}

bool is_pattern(const std::string& function) {
  return function.find_first_of("*?") != function.npos;
}

std::string kprobe_multi_remedy(const std::vector<std::string>& functions, int code) {
  if (auto old = detail::if_older_than({5, 18}, "kprobe.multi programs"); !old.empty())
    return old;
  if (code == EOPNOTSUPP)
    return "The running kernel was built without CONFIG_FPROBE: attach a kprobe or fentry program "
           "to "
           "each function.";
  for (const auto& function : functions) {
    if (is_pattern(function) || (code != ENOENT && code != ESRCH))
      continue;
    if (auto missing = missing_function(function); !missing.empty())
      return missing;
  }
  if (code == ENOENT || code == ESRCH)
    return "No kernel function that can be traced has such a name "
           "(/sys/kernel/tracing/available_filter_functions).";
  if (code == EINVAL)
    return "The program is not SEC(\"kprobe.multi\"), or there is not one cookie for each "
           "function.";
  return {};
}

std::string uprobe_remedy(const std::string& binary, const std::string& function, int code) {
  if (code == ENOENT && binary.find('/') != binary.npos && access(binary.c_str(), R_OK) != 0)
    return formatted("There is no readable file '%s'.", binary.c_str());
  if (!has_probe_kind("uprobe"))
    return "The running kernel has no uprobes (CONFIG_UPROBE_EVENTS).";
  if (code == ENOENT && binary.find('/') == binary.npos)
    return formatted(
        "No '%s' in PATH or in the directories of libraries has '%s': give the path of the file.",
        binary.c_str(), function.c_str());
  if (code == ENOENT)
    return formatted(
        "'%s' has no function '%s' in its symbol tables: it is inlined, or the file is stripped "
        "(then give an offset).",
        binary.c_str(), function.c_str());
  if (code == EINVAL)
    return formatted(
        "The offset is not the start of an instruction in '%s', or the program is not "
        "SEC(\"uprobe\").",
        binary.c_str());
  if (code == ESRCH)
    return "There is no such process.";
  return {};
}

}  // namespace

result<link> program::attach_kprobe(const std::string& function, const kprobe_options& options) {
  return detail::attach_with(
      program_,
      formatted(options.on_return ? "kretprobe '%s%s'" : "kprobe '%s%s'", function.c_str(),
                offset_text(options.offset).c_str()),
      [&] {
        bpf_kprobe_opts given{};
        given.sz = sizeof(given);
        given.retprobe = options.on_return;
        given.offset = options.offset;
        given.bpf_cookie = options.cookie;
        return bpf_program__attach_kprobe_opts(program_, function.c_str(), &given);
      },
      [&](int code) {
        auto remedy = cookie_remedy(options.cookie);
        return remedy.empty() ? kprobe_remedy(function, code) : remedy;
      });
}

result<link> program::attach_ksyscall(const std::string& system_call,
                                      const ksyscall_options& options) {
  return detail::attach_with(
      program_,
      formatted(options.on_return ? "return of system call '%s'" : "system call '%s'",
                system_call.c_str()),
      [&] {
        bpf_ksyscall_opts given{};
        given.sz = sizeof(given);
        given.retprobe = options.on_return;
        given.bpf_cookie = options.cookie;
        return bpf_program__attach_ksyscall(program_, system_call.c_str(), &given);
      },
      [&](int code) -> std::string {
        if (auto remedy = cookie_remedy(options.cookie); !remedy.empty())
          return remedy;
        if (code != ENOENT && code != EINVAL)
          return {};
        if (!has_probe_kind("kprobe"))
          return kprobe_remedy(system_call, code);
        return formatted(
            "The running kernel has no system call '%s' (its name is as in <sys/syscall.h>, "
            "without SYS_), or the program is not SEC(\"ksyscall\").",
            system_call.c_str());
      });
}

result<link> program::attach_kprobe_multi(const std::vector<std::string>& functions,
                                          const kprobe_multi_options& options) {
  std::string hook = options.on_return ? "kretprobe.multi" : "kprobe.multi";
  for (const auto& function : functions)
    hook += formatted(&function == &functions.front() ? " '%s'" : ", '%s'", function.c_str());
  const bool has_pattern = functions.size() == 1 && is_pattern(functions.front());
  return detail::attach_with(
      program_, hook,
      [&]() -> bpf_link* {
        if (!options.cookies.empty() &&
            (has_pattern || options.cookies.size() != functions.size())) {
          errno = EINVAL;
          return nullptr;
        }
        std::vector<const char*> names;
        for (const auto& function : functions)
          names.push_back(function.c_str());
        bpf_kprobe_multi_opts given{};
        given.sz = sizeof(given);
        given.retprobe = options.on_return;
        if (!options.cookies.empty())
          given.cookies = reinterpret_cast<const __u64*>(options.cookies.data());
        if (!has_pattern) {
          given.syms = names.data();
          given.cnt = names.size();
        }
        return bpf_program__attach_kprobe_multi_opts(
            program_, has_pattern ? functions.front().c_str() : nullptr, &given);
      },
      [&](int code) { return kprobe_multi_remedy(functions, code); });
}

result<link> program::attach_uprobe(const std::string& binary, const std::string& function,
                                    const uprobe_options& options) {
  return detail::attach_with(
      program_,
      formatted(options.on_return ? "uretprobe '%s%s%s%s'" : "uprobe '%s%s%s%s'", binary.c_str(),
                function.empty() ? "" : ":", function.c_str(), offset_text(options.offset).c_str()),
      [&] {
        bpf_uprobe_opts given{};
        given.sz = sizeof(given);
        given.retprobe = options.on_return;
        given.func_name = function.empty() ? nullptr : function.c_str();
        given.ref_ctr_offset = options.reference_offset;
        given.bpf_cookie = options.cookie;
        return bpf_program__attach_uprobe_opts(program_, options.process, binary.c_str(),
                                               options.offset, &given);
      },
      [&](int code) {
        auto remedy = cookie_remedy(options.cookie);
        return remedy.empty() ? uprobe_remedy(binary, function, code) : remedy;
      });
}

result<link> program::attach_usdt(const std::string& binary, const std::string& provider,
                                  const std::string& name, const usdt_options& options) {
  return detail::attach_with(
      program_, formatted("USDT probe '%s:%s:%s'", binary.c_str(), provider.c_str(), name.c_str()),
      [&] {
        bpf_usdt_opts given{};
        given.sz = sizeof(given);
        given.usdt_cookie = options.cookie;
        return bpf_program__attach_usdt(program_, options.process, binary.c_str(), provider.c_str(),
                                        name.c_str(), &given);
      },
      [&](int code) -> std::string {
        if (code == ENOENT && access(binary.c_str(), R_OK) == 0)
          return formatted("'%s' has no USDT probe '%s:%s' (readelf -n shows those it has).",
                           binary.c_str(), provider.c_str(), name.c_str());
        if (code == EINVAL)
          return "The program is not SEC(\"usdt\"), or lacks the maps of <bpf/usdt.bpf.h>.";
        return uprobe_remedy(binary, name, code);
      });
}

}  // namespace ebpfkit
