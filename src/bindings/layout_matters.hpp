// Records whose size and offsets are a contract. A program must have all of their members.
#pragma once

#include <string_view>

#include "bindings/selection.hpp"
#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// Tells why the record must be complete in a program ("it is the context of programs ..."); empty
// if it need not be. The verifier presents contexts (enum bpf_prog_type in <linux/bpf.h>) to
// programs, and rewrites accesses at its own offsets. Packet headers have the offsets of their
// protocol. CO-RE relocates neither `sizeof` nor `pointer + 1`.
std::string_view why_layout_matters(std::string_view record_name);

// Throws one `failure` that names all records whose layout matters but that have only some of their
// members in the selection.
void check_partial_records(const type_graph& graph, const type_selection& selection);

}  // namespace ebpfkit::host
