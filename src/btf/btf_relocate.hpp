// Fitting a kernel module's BTF to a kernel that it was not built with.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// BTF that split BTF continues.
struct relocation_base {
  const type_graph& graph;
  std::string_view text;  // its string section
};

// Rewrites split BTF that continues `distilled` (a module's .BTF.base: names and sizes of the
// kernel's types that the module uses) so that it continues `kernel`, as the kernel does when it
// loads the module (btf__relocate of libbpf): ids of the distilled base become those of the types
// in `kernel` with the same name, kind and size. Throws `failure` when a type has no such
// counterpart or several, or when the records of `bytes` are cut off; what else may be wrong with
// them is left to `type_graph` to find.
std::vector<std::uint8_t> relocate_btf(std::span<const std::uint8_t> bytes,
                                       const relocation_base& distilled,
                                       const relocation_base& kernel);

}  // namespace ebpfkit::host
