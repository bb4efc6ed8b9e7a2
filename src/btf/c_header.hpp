// Selected types as a C header for BPF programs.
#pragma once

#include <string>
#include <vector>

#include "btf/selection.hpp"
#include "btf/type_graph.hpp"

namespace ebpfkit {

// What the first lines of a header tell about where it comes from. Empty texts are left out.
struct header_origin {
  std::string source_label;
  std::string kernel_release;
  std::string btf_sha256;
  std::string asked_for;
};

// The header's text: guard, origin, `preserve_access_index` around all records, and the types as
// libbpf writes them. Throws `failure` when libbpf refuses.
std::string write_c_header(const type_graph& graph, const type_selection& selection,
                           const header_origin& origin);

}  // namespace ebpfkit
