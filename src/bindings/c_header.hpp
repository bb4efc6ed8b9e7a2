// Selected types as a C header for BPF programs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bindings/selection.hpp"
#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// The origin of a header, for its first lines. Empty texts are left out.
struct header_origin {
  std::string source_label;
  std::string kernel_release;
  std::string btf_sha256;
  std::string asked_for;
  // If not empty, the types come from these C headers ("linux/sched.h of Linux 6.1.0") and hold for
  // these headers only.
  std::string fixed_layout = {};
};

// The header's text: include guard, origin, the types as libbpf writes them, and the prototypes of
// the kernel functions. All records get
// the attribute `preserve_access_index` or, with a fixed layout, a decl tag that says so. Records
// with only some members get a decl tag (see layout_matters.hpp) and a guard (see
// record_layout.hpp). Throws `failure` when libbpf fails.
std::string write_c_header(const type_graph& graph, const type_selection& selection,
                           const header_origin& origin);

// Puts text at the end of such a header, before the end of its include guard.
std::string append_to_c_header(std::string header, std::string_view text);

}  // namespace ebpfkit::host
