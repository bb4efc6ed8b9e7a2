// What to do when the running kernel has no hook of the name that a program gives, with the nearest
// name that it has. This is in files of its own: skeletons do not use it, so that small loaders do
// not link it (docs/runtime-size.md). What their load() uses is in system/described_hooks.cpp.
#pragma once

#include <string>
#include <string_view>

#include "../system/hook_list.hpp"

namespace ebpfkit::detail {

// "The running kernel has no <kind> '<name>'. The nearest is ...". Empty when the kernel has the
// hook, and when nobody can read the list.
std::string missing_hook_text(hook_list list, std::string_view name);

// The same for the first hook of which libbpf's log says that it is not there.
std::string missing_hook_of_log(std::string_view log);

}  // namespace ebpfkit::detail
