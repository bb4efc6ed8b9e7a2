// What the runtime library compares to find out whether a kernel has the layout of the build.
#pragma once

#include <string>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// Where struct task_struct has the members `pid`, `tgid` and `comm`, in bytes:
// "pid:1448 tgid:1452 comm:1880", as runtime/kernel_types/embedded_btf.hpp wants it. Members that
// are not there are left out.
std::string find_task_offsets(const type_graph& kernel);

}  // namespace ebpfkit::host
