// Tracepoints, functions by BTF and LSM hooks.
#include <bpf/libbpf.h>
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "../system/kernel_errno.hpp"
#include "../system/running_kernel.hpp"
#include "../system/security_modules.hpp"
#include "../system/text.hpp"
#include "../system/tracefs.hpp"
#include "attach_with.hpp"
#include "ebpfkit/program.hpp"
#include "missing_hook.hpp"

namespace ebpfkit {
namespace {

using detail::formatted;

std::string tracepoint_remedy(const std::string& category, const std::string& name, int code) {
  if (code != ENOENT)
    return {};
  if (auto unmounted = detail::if_no_tracefs(); !unmounted.empty())
    return unmounted;
  return detail::missing_hook_text(detail::hook_list::tracepoints,
                                   detail::joined({category, "/", name}));
}

// Calls bpf(2) with the attributes that BPF_RAW_TRACEPOINT_OPEN has since Linux 6.10.
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
    if (auto old = detail::if_older_than({6, 10}, "Cookies of raw tracepoints"); !old.empty())
      return old;
  }
  if (code == ENOENT) {
    auto missing = detail::missing_hook_text(detail::hook_list::raw_tracepoints, name);
    if (!missing.empty())
      missing += " They are named without their category.";
    return missing;
  }
  if (code == EINVAL)
    return "The program is not SEC(\"raw_tp\"), or reads more arguments than the tracepoint has.";
  return {};
}

std::string trace_remedy(int code, std::uint64_t cookie) {
  if (cookie != 0) {
    if (auto old = detail::if_older_than({6, 0}, "Cookies of fentry and fexit"); !old.empty())
      return old;
  }
  if (code == EBUSY)
    return "The function is traced by something that shares it with nobody (live patching, or a "
           "kprobe that changes registers).";
  if (code == EINVAL || code == ENOTSUP || code == detail::kernel_enotsupp)
    return "The running kernel cannot trace functions on this architecture "
           "(CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS), or the program is not fentry, fexit, "
           "fmod_ret "
           "or tp_btf.";
  return {};
}

std::string freplace_remedy(int code, const char* release) {
  // The kernel can replace functions of another program since 5.10.
  if (auto old = detail::if_older_than({5, 6}, "freplace programs"); !old.empty())
    return old;
  if (auto old = detail::if_older_than({5, 10}, release); *release != '\0' && !old.empty())
    return old;
  if (code == EBUSY)
    return "Another program has replaced that function, or the target is attached to more than one "
           "place.";
  if (code == ENOENT || code == ESRCH)
    return "The target program has no global function of that name.";
  if (code == EINVAL)
    return "The program is not SEC(\"freplace\"), the target has no BTF, or its function is static "
           "or has another prototype.";
  if (code == ENOTSUP || code == detail::kernel_enotsupp)
    return "The running kernel cannot replace functions on this architecture.";
  return {};
}

}  // namespace

result<link> program::attach_tracepoint(const std::string& category, const std::string& name,
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
            cookie == 0 ? std::string() : detail::if_older_than({5, 15}, "Cookies of tracepoints");
        return remedy.empty() ? tracepoint_remedy(category, name, code) : remedy;
      });
}

result<link> program::attach_raw_tracepoint(const std::string& name, std::uint64_t cookie) {
  const auto hook = formatted("raw tracepoint '%s'", name.c_str());
  const auto remedy = [&](int code) { return raw_tracepoint_remedy(name, cookie, code); };
  if (cookie == 0)
    return detail::attach_with(
        program_, hook, [&] { return bpf_program__attach_raw_tracepoint(program_, name.c_str()); },
        remedy);
  // libbpf before 1.5 does not take a cookie for raw tracepoints.
  return detail::attach_fd_with(
      program_, hook, [&] { return open_raw_tracepoint(name, fd(), cookie); }, remedy);
}

result<link> program::attach_trace(std::uint64_t cookie) {
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

result<link> program::attach_freplace() {
  return detail::attach_with(
      program_, "the function of set_attach_target()",
      [&] { return bpf_program__attach_freplace(program_, 0, nullptr); },
      [](int code) { return freplace_remedy(code, ""); });
}

result<link> program::attach_freplace(const program& target, const std::string& function) {
  return detail::attach_with(
      program_, formatted("function '%s' of program '%s'", function.c_str(), target.name()),
      [&]() -> bpf_link* {
        if (target.fd() < 0) {
          errno = EBADF;
          return nullptr;
        }
        return bpf_program__attach_freplace(program_, target.fd(), function.c_str());
      },
      [&](int code) {
        return target.fd() < 0 ? detail::not_loaded_remedy()
                               : freplace_remedy(code, "freplace programs of other targets");
      });
}

result<link> program::attach_lsm() {
  const auto remedy = [](int code) -> std::string {
    if (detail::bpf_lsm_state().state == support::absent)
      return "BPF is not among the active LSMs (/sys/kernel/security/lsm): boot with that list and "
             "',bpf' as the kernel's parameter lsm=, on a kernel with CONFIG_BPF_LSM.";
    return trace_remedy(code, 0);
  };
  return detail::attach_with(
      program_, "the LSM hook of its SEC()",
      [&]() -> bpf_link* {
        if (fd() >= 0 && detail::bpf_lsm_state().state == support::absent) {
          errno = EOPNOTSUPP;
          return nullptr;
        }
        return bpf_program__attach_lsm(program_);
      },
      remedy);
}

}  // namespace ebpfkit
