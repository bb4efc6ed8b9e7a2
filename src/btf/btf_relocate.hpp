// Fits a kernel module's BTF to a kernel that the module was not built with.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// The BTF that split BTF continues.
struct relocation_base {
  const type_graph& graph;
  std::string_view text;  // its string section
};

// Rewrites split BTF so that it continues `kernel` and no longer `distilled`. `distilled` is a
// module's .BTF.base: the names and sizes of the kernel's types that the module uses. The kernel
// does the same when it loads a module (btf__relocate of libbpf). Replaces the ids of the distilled
// base by the ids of the types in `kernel` with the same name, kind and size. Throws `failure` when
// a type has no such counterpart or several, or when the records of `bytes` are cut off. Leaves all
// other checks of `bytes` to `type_graph`.
std::vector<std::uint8_t> relocate_btf(std::span<const std::uint8_t> bytes,
                                       const relocation_base& distilled,
                                       const relocation_base& kernel);

}  // namespace ebpfkit::host
