// Records whose size and offsets are a contract, so that no program may see only some members.
#pragma once

#include <string_view>

#include "bindings/selection.hpp"
#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// Why the record must be complete in a program ("it is the context of programs ..."), or empty.
// Contexts (enum bpf_prog_type in <linux/bpf.h>) are shown by the verifier, which rewrites accesses
// at offsets of its own; headers of packets have theirs from a protocol. CO-RE relocates neither
// `sizeof` nor `pointer + 1`.
std::string_view why_layout_matters(std::string_view record_name);

// Throws one `failure` that names all records of which the selection has only some members though
// their layout matters.
void check_partial_records(const type_graph& graph, const type_selection& selection);

}  // namespace ebpfkit::host
