// Selected types as a C header for BPF programs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bindings/selection.hpp"
#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// What the first lines of a header tell about where it comes from. Empty texts are left out.
struct header_origin {
  std::string source_label;
  std::string kernel_release;
  std::string btf_sha256;
  std::string asked_for;
  // Not empty: the types come from these C headers ("linux/sched.h of Linux 6.1.0"), and hold for
  // them only.
  std::string fixed_layout = {};
};

// The header's text: guard, origin, the types as libbpf writes them, and around all records
// `preserve_access_index` or, for a fixed layout, a decl tag that says so. Records of some members
// have a decl tag (see layout_matters.hpp) and a guard (see record_layout.hpp). Throws `failure`
// when libbpf refuses.
std::string write_c_header(const type_graph& graph, const type_selection& selection,
                           const header_origin& origin);

}  // namespace ebpfkit::host
