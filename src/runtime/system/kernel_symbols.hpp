// The running kernel's symbol table.
#pragma once

#include <string_view>

namespace ebpfkit::detail {

// Whether /proc/kallsyms lists the function.
bool has_kernel_function(std::string_view name);

}  // namespace ebpfkit::detail
