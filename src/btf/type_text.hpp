// Types in one line of C, for messages.
#pragma once

#include <string>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// A type as a declaration without a name: "struct sock *", "char [16]", "int (*)(void *)",
// "struct {...}". Type tags are left out; what is nested more than 16 deep is "...".
std::string type_text(const type_graph& graph, type_id type);

}  // namespace ebpfkit::host
