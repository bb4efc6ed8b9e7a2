// Checks that several BTFs agree in the types of one header.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

struct named_types {
  std::string source;  // for messages
  const type_graph* graph = nullptr;
};

// True when the graph has the type or enumerator that `request` begins with. `request` is written
// as in type_request::types.
bool has_requested(const type_graph& graph, const std::string& request);

// Throws a `failure` when the BTFs differ in a requested type. It lists the differences of each
// type. A type that only some BTFs have is no difference. For a path of members
// (`task_struct.tgid`), compares only the members along the path, without their offsets: CO-RE
// relocates them.
void check_agreement(std::span<const named_types> inputs, const std::vector<std::string>& requests);

}  // namespace ebpfkit::host
