// Programs whose kernel types come from C headers (ebpf_generate_bindings(... HEADERS)) have no
// CO-RE relocations: they read where those headers had the members. Is it where this kernel has
// them?
#pragma once

#include "ebpfkit/result.hpp"

struct bpf_object;

namespace ebpfkit::detail {

// Compares every record of the object that has the decl tag of such headers with the kernel's BTF,
// member by member: offset, size, width of bit-fields. Records that the kernel does not have are
// the application's own. On a kernel without BTF the release that the headers are of must be the
// running one's. The error (EOPNOTSUPP) names the object, the headers and the first differences.
// Objects without such records cost a pass over their types.
result<void> check_fixed_layout(const bpf_object* object);

}  // namespace ebpfkit::detail
