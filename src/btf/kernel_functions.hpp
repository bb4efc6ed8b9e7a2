// Finds the kernel functions (kfuncs) that BPF programs may call.
#pragma once

#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// The functions of the BTF that a header can declare for BPF programs, in ascending order of ids,
// one for each name. They have the declaration tag `bpf_kfunc`, which pahole writes since version
// 1.27. Checks none of them (see type_graph::check).
//
// Functions of arenas are not among them. They take and return pointers of the arena's address
// space, and the BTF of most kernels does not say so: a prototype without it does not compile in
// programs that use it.
std::vector<type_id> find_kernel_functions(const type_graph& graph);

}  // namespace ebpfkit::host
