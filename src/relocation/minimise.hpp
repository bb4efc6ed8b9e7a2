// Cuts a kernel's BTF down to the parts that the relocations of given objects look at.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "relocation/program_object.hpp"
#include "relocation/resolve.hpp"

namespace ebpfkit::host {

// Returns raw BTF in the target's byte order. Every relocation of the objects has the same outcome
// on it as on the whole target: same status, same patched instruction. Only the values of
// TYPE_ID_TARGET differ, because they are ids in the BTF that libbpf gets. The same input gives the
// same bytes. Checks the result before it returns. Throws `failure` when an outcome would differ,
// which happens only with BTF that no compiler makes.
std::vector<std::uint8_t> minimise(std::span<const program_object> objects,
                                   const core_target& target);

}  // namespace ebpfkit::host
