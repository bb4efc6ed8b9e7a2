// The offsets that the runtime library compares to see whether a kernel has the layout of the
// build's kernel.
#pragma once

#include <string>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// The offsets, in bytes, of the members `pid`, `tgid` and `comm` in struct task_struct:
// "pid:1448 tgid:1452 comm:1880", in the format of runtime/kernel_types/embedded_btf.hpp. Missing
// members are left out.
std::string find_task_offsets(const type_graph& kernel);

}  // namespace ebpfkit::host
