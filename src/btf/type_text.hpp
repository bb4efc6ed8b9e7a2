// Types in one line of C, for messages.
#pragma once

#include <string>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// Writes a type as a declaration without a name: "struct sock *", "char [16]", "int (*)(void *)",
// "struct {...}". Leaves type tags out. Writes "..." for what is nested more than 16 deep.
std::string type_text(const type_graph& graph, type_id type);

}  // namespace ebpfkit::host
