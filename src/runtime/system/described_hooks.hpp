// The hooks that the running kernel's BTF describes: functions, tracepoints, LSM hooks and
// iterators. libbpf looks for them when it loads a program. missing_hook_remedy() of
// ebpfkit/object.hpp is defined here, too.
#pragma once

#include <string>
#include <string_view>

#include "nearest_name.hpp"

namespace ebpfkit::detail {

// False when the kernel's BTF describes no such hook. True also when nobody can read it. Offers the
// hooks to `nearest`.
bool may_describe_hook(std::string_view name, nearest_name& nearest);

// "The running kernel has no function, ... '<name>'. The nearest is ...". Empty when the kernel has
// the hook, and when nobody can read its BTF.
std::string missing_described_hook_text(std::string_view name);

}  // namespace ebpfkit::detail
