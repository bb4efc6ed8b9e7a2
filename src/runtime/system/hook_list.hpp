// The running kernel's lists of hooks.
#pragma once

#include <cstdint>
#include <string_view>

#include "nearest_name.hpp"

namespace ebpfkit::detail {

enum class hook_list : std::uint8_t {
  functions,        // of /proc/kallsyms
  tracepoints,      // of available_events in tracefs, as category/name
  raw_tracepoints,  // the same without category; those of system calls have none of their own
  described,        // functions, tracepoints, LSM hooks and iterators of the kernel's BTF
};

// False when the kernel lists no such hook. True also when nobody can read the list. Offers the
// hooks of the list to `nearest`.
bool may_have_hook(hook_list list, std::string_view name, nearest_name& nearest);

}  // namespace ebpfkit::detail
