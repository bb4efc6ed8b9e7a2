// Whether several BTFs can stand for each other in one header.
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

// True when there is a struct, union, enum, typedef or enumerator that `request` (as in
// type_request::types) begins with.
bool has_requested(const type_graph& graph, const std::string& request);

// Throws a `failure` that tells, type by type, what differs between the BTFs in the types asked
// for. A type that only some have is no difference. Of a path of members (`task_struct.tgid`) only
// the members along it are compared, and not their offsets, which CO-RE relocates.
void check_agreement(std::span<const named_types> inputs, const std::vector<std::string>& requests);

}  // namespace ebpfkit::host
