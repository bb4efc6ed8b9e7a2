// Probes of many places that libbpf 1.1 does not know: kprobe sessions and uprobe.multi.
#include <errno.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../system/running_kernel.hpp"
#include "../system/text.hpp"
#include "../system/tracefs.hpp"
#include "attach_with.hpp"
#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/program.hpp"
#include "link_create.hpp"
#include "missing_hook.hpp"
#include "traceable_functions.hpp"

namespace ebpfkit {
namespace {

std::uint64_t address_of(const void* data) {
  return reinterpret_cast<std::uintptr_t>(data);
}

// The address of an optional array.
std::uint64_t address_of(const std::vector<std::uint64_t>& values) {
  return values.empty() ? 0 : address_of(values.data());
}

bool has_pattern(const std::vector<std::string>& functions) {
  return std::any_of(functions.begin(), functions.end(), detail::has_wildcard);
}

// The remedy of a session whose functions a pattern names.
std::string pattern_remedy(const std::string& pattern, int code) {
  if (auto unmounted = detail::if_no_tracefs(); !unmounted.empty())
    return unmounted;
  const auto list = detail::joined({detail::tracefs(), "/available_filter_functions_addrs"});
  if (access(list.c_str(), F_OK) != 0)
    return "The running kernel was built without CONFIG_FPROBE.";
  if (code == ENOENT)
    return detail::formatted("No kernel function that can be traced matches '%s' (%s).",
                             pattern.c_str(), list.c_str());
  return {};
}

std::string session_remedy(const std::vector<std::string>& functions, std::size_t cookies,
                           int code) {
  if (auto old = detail::if_older_than({6, 10}, "kprobe.session programs"); !old.empty())
    return old;
  if (functions.empty() || (cookies != 0 && cookies != functions.size()))
    return "Give at least one function, and no cookies or one for each function.";
  if (has_pattern(functions)) {
    if (functions.size() > 1 || cookies != 0)
      return "A name with `*` or `?` stands alone, and has no cookies.";
    if (auto remedy = pattern_remedy(functions.front(), code); !remedy.empty())
      return remedy;
  }
  if (code == EOPNOTSUPP)
    return "The running kernel was built without CONFIG_FPROBE.";
  if (code == ENOENT || code == ESRCH) {
    for (const auto& function : functions) {
      if (auto missing = detail::missing_hook_text(detail::hook_list::functions, function);
          !missing.empty())
        return missing;
    }
    return "No kernel function that can be traced has such a name "
           "(/sys/kernel/tracing/available_filter_functions).";
  }
  if (code == EINVAL)
    return "The program is not SEC(\"kprobe.session\"), or the running kernel has no such "
           "programs.";
  return {};
}

std::string uprobe_multi_remedy(const std::string& binary, std::size_t places,
                                const uprobe_multi_options& options, int code) {
  const auto fits = [places](std::size_t count) { return count == 0 || count == places; };
  if (auto old = detail::if_older_than({6, 6}, "uprobe.multi programs"); !old.empty())
    return old;
  if (places == 0 || !fits(options.cookies.size()) || !fits(options.reference_offsets.size()))
    return "Give at least one offset, and no cookies and reference offsets or one for each "
           "offset.";
  if (access(binary.c_str(), R_OK) != 0)
    return detail::formatted("There is no readable file '%s'.", binary.c_str());
  if (code == ESRCH)
    return "There is no such process.";
  if (code == EOPNOTSUPP)
    return "The running kernel was built without CONFIG_UPROBES.";
  if (code == EINVAL || code == EBADF)
    return "An offset is not the start of an instruction in the file, the file is not a regular "
           "file, or the program is not SEC(\"uprobe.multi\").";
  return {};
}

}  // namespace

result<link> program::attach_kprobe_session(const std::vector<std::string>& functions,
                                            const std::vector<std::uint64_t>& cookies) {
  std::string hook = "kprobe.session";
  for (const auto& function : functions)
    hook +=
        detail::formatted(&function == &functions.front() ? " '%s'" : ", '%s'", function.c_str());
  return detail::attach_fd_with(
      program_, hook,
      [&] {
        if (functions.empty() || (!cookies.empty() && cookies.size() != functions.size()))
          return -EINVAL;
        std::vector<std::uint64_t> addresses;
        // The kernel reads an array of 64-bit addresses of names.
        std::vector<std::uint64_t> names;
        if (!has_pattern(functions)) {
          for (const auto& function : functions)
            names.push_back(address_of(function.c_str()));
        } else if (functions.size() > 1 || !cookies.empty()) {
          return -EINVAL;
        } else if (const int code = detail::find_traceable(
                       detail::joined({detail::tracefs(), "/available_filter_functions_addrs"}),
                       functions.front(), addresses);
                   code != 0) {
          return code;
        }
        struct {
          std::uint32_t flags;
          std::uint32_t count;
          std::uint64_t names;
          std::uint64_t addresses;
          std::uint64_t cookies;
        } const more{0, static_cast<std::uint32_t>(names.size() + addresses.size()),
                     address_of(names), address_of(addresses), address_of(cookies)};
        return detail::create_link(
            {static_cast<std::uint32_t>(fd()), 0, detail::kprobe_session_hook, 0}, more);
      },
      [&](int code) { return session_remedy(functions, cookies.size(), code); });
}

result<link> program::attach_uprobe_multi(const std::string& binary,
                                          const std::vector<std::uint64_t>& offsets,
                                          const uprobe_multi_options& options) {
  const auto places = offsets.size();
  return detail::attach_fd_with(
      program_,
      detail::formatted(options.on_return ? "uretprobe.multi '%s'" : "uprobe.multi '%s'",
                        binary.c_str()),
      [&] {
        const auto fits = [places](const std::vector<std::uint64_t>& values) {
          return values.empty() || values.size() == places;
        };
        if (offsets.empty() || !fits(options.cookies) || !fits(options.reference_offsets))
          return -EINVAL;
        struct {
          std::uint64_t path;
          std::uint64_t offsets;
          std::uint64_t reference_offsets;
          std::uint64_t cookies;
          std::uint32_t count;
          std::uint32_t flags;
          std::uint32_t process;  // 0: all
          std::uint32_t zero;
        } const more{address_of(binary.c_str()),
                     address_of(offsets),
                     address_of(options.reference_offsets),
                     address_of(options.cookies),
                     static_cast<std::uint32_t>(places),
                     options.on_return ? 1U : 0U,  // BPF_F_UPROBE_MULTI_RETURN
                     options.process > 0    ? static_cast<std::uint32_t>(options.process)
                     : options.process == 0 ? static_cast<std::uint32_t>(getpid())
                                            : 0,
                     0};
        return detail::create_link(
            {static_cast<std::uint32_t>(fd()), 0, detail::uprobe_multi_hook, 0}, more);
      },
      [&](int code) { return uprobe_multi_remedy(binary, places, options, code); });
}

}  // namespace ebpfkit
